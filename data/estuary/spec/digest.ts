import { digest } from "../../../components/core/digest.ts";
import type { Spec, Specs } from "./catalog.ts";

/** JSON with sorted keys: equal values give equal text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/**
 * Identifies a spec with its plain secrets. Encryption is random for each call, so that only the plaintext can tell
 * whether there is something to publish. The secrets in it are long and random, which is what keeps them safe here.
 */
export const digestOf = (spec: Spec): string => digest(canonical(spec));

/** Digest of each spec, by its name. Pure. */
export const digestsOf = (specs: Specs): Record<string, string> =>
  Object.fromEntries(Object.entries(specs).map(([name, one]) => [name, digestOf(one)]));

/** One digest for all specs of a publication. */
export const revisionOf = (digests: Record<string, string>): string => digest(canonical(digests), 12);

const tag = "sophia-infra";

/**
 * Detail of a publication: which specs it publishes, with their digests. Estuary keeps it in each spec's history,
 * which is how a run recognises what a killed one published and could not record.
 */
export const detailOf = (owner: string, digests: Record<string, string>): string =>
  [`${tag} ${owner}`, ...Object.entries(digests).map(([name, digest]) => `${name}=${digest}`)].join(" ");

/** Whether a draft with this detail was made for `owner`. */
export const isDetailOf = (owner: string, detail: string | undefined): boolean =>
  detail !== undefined && (detail === `${tag} ${owner}` || detail.startsWith(`${tag} ${owner} `));

/** Whether a publication with this detail published exactly that spec. Estuary may append what it did besides. */
export const published = (detail: string | undefined, name: string, digest: string): boolean =>
  detail?.startsWith(`${tag} `) === true && detail.split(/\s/).includes(`${name}=${digest}`);

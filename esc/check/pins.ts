import { hash } from "node:crypto";
import type { Import } from "./source.ts";

/** The stage that tries a definition before others follow, and so reads the newest of each. */
const first = "dev";

/**
 * The tag of a definition that all stages read by another one: of its text, so that a definition that is pinned keeps
 * what it was tried with, whatever is edited later. Pure.
 */
export const tagOf = (text: string) => `text-${hash("sha256", text).slice(0, 12)}`;

/** Who imports. */
export interface Importer {
  environment: string;
  /** Stacks by name. */
  stages: readonly string[];
  /** Texts of the environments in git, by name. */
  environments: Record<string, string>;
}

/** What is wrong with an import's pin; undefined where nothing is. Pure. */
export function pinFault({ name, pin }: Import, importer?: Importer): string | undefined {
  const pinned = `${name} is pinned to @${pin}`;
  if (name.endsWith("-secrets")) {
    return pin && `${pinned}: a rotated value would not be read; import it without a pin`;
  }
  const text = importer?.environments[name];
  const stage = importer?.environment.replace(/^sophia\//, "");
  if (importer && text !== undefined && !importer.stages.includes(stage ?? "")) {
    // The importing definition is pinned by the stages, but not what it imports in turn.
    return pin === tagOf(text)
      ? undefined
      : `${name} must be pinned to @${tagOf(text)}, the tag of its text: without it an edit would change prod before a deployment; run \`make documents\``;
  }
  if (pin !== undefined && pin !== "stable")
    return `${pinned}, a revision that is not in git; the only allowed tag is @stable`;
  return pin === undefined && text !== undefined && stage !== first
    ? `${name} is not pinned: an edit of it would change ${stage} before a deployment; write ${name}@stable`
    : undefined;
}

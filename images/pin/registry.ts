import { createHash } from "node:crypto";
import { z } from "zod";
import { parseReference } from "../../lab/images/registry.ts";

/** Docker Hub's API is not where its images' names point. */
const apiHosts: Record<string, string> = { "docker.io": "registry-1.docker.io" };
const isLoopback = (registry: string) => /^(localhost|127\.\d+\.\d+\.\d+)(:|$)/.test(registry);
const baseUrl = (registry: string): string =>
  `${isLoopback(registry) ? "http" : "https"}://${apiHosts[registry] ?? registry}/v2`;

const indexTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const manifestTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];
const indexSchema = z.looseObject({
  mediaType: z.string().optional(),
  manifests: z
    .array(
      z.looseObject({ platform: z.looseObject({ os: z.string(), architecture: z.string() }).optional() }),
    )
    .optional(),
});
const tokenSchema = z.union([
  z.looseObject({ token: z.string() }).transform(({ token }) => token),
  z.looseObject({ access_token: z.string() }).transform(({ access_token }) => access_token),
]);

/** Milliseconds for one question. */
const patience = 30_000;

async function ask(url: string, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, { headers, signal: AbortSignal.timeout(patience) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`${url} does not answer: ${cause instanceof Error ? cause.message : cause}`, {
      cause: error,
    });
  }
}

/** A token for everybody, where the registry asks for one: its challenge says who gives it. */
async function anonymousToken(challenge: string): Promise<string> {
  const given = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  if (!/^bearer /i.test(challenge) || !given.realm) {
    throw new Error(
      `the registry asks for a login (${challenge.split(" ")[0] || "no challenge"}); only public images can be looked up`,
    );
  }
  const url = new URL(given.realm);
  for (const name of ["service", "scope"]) if (given[name]) url.searchParams.set(name, given[name]);
  const answer = await ask(String(url), {});
  if (!answer.ok) throw new Error(`${url.origin} gives no token: ${answer.status}`);
  return tokenSchema.parse(await answer.json());
}

/**
 * Digest of what `<registry>/<name>:<tag>` names now: of the whole index, which holds the image for each machine type. It is worked out from
 * what came, and never taken from what the registry says it is.
 *
 * @param platforms like `linux/amd64`; each must be there
 */
export async function digestOf(name: string, platforms: readonly string[]): Promise<string> {
  const { registry, path, tag } = parseReference(name);
  const url = `${baseUrl(registry)}/${path}/manifests/${tag}`;
  const headers = { Accept: [...indexTypes, ...manifestTypes].join(", ") };
  let answer = await ask(url, headers);
  if (answer.status === 401) {
    const token = await anonymousToken(answer.headers.get("www-authenticate") ?? "");
    answer = await ask(url, { ...headers, Authorization: `Bearer ${token}` });
  }
  if (!answer.ok) throw new Error(`${name}: its registry answers ${answer.status} to ${url}`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const said = answer.headers.get("docker-content-digest");
  if (said !== null && said !== digest)
    throw new Error(`${name}: the registry says ${said}, what came is ${digest}`);
  const { manifests } = indexSchema.parse(JSON.parse(bytes.toString("utf8")));
  if (!manifests)
    throw new Error(`${name} is an image for one machine type; ${platforms.join(" and ")} take an index`);
  const held = manifests.map(({ platform }) => `${platform?.os}/${platform?.architecture}`);
  const missing = platforms.filter((platform) => !held.includes(platform));
  if (missing.length > 0)
    throw new Error(`${name} has no image for ${missing.join(", ")}; it has ${held.join(", ")}`);
  return digest;
}

import { createHash } from "node:crypto";
import { z } from "zod";
import { causeOf } from "../../components/core/errors.ts";
import { parseReference } from "../../tools/docker/reference.ts";
import { acceptedManifests, registryApi } from "../../tools/docker/registryApi.ts";

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

/** Timeout of a request in milliseconds. */
const timeout = 30_000;

async function request(url: string, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, { headers, signal: AbortSignal.timeout(timeout) });
  } catch (error) {
    throw new Error(`${url} did not respond: ${causeOf(error)}`, { cause: error });
  }
}

/** An anonymous token, from the server that the registry names in its challenge. */
async function anonymousToken(challenge: string): Promise<string> {
  const given = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  if (!/^bearer /i.test(challenge) || !given.realm) {
    throw new Error(
      `the registry requires a login (${challenge.split(" ")[0] || "no challenge"}); only public images can be looked up`,
    );
  }
  const url = new URL(given.realm);
  for (const name of ["service", "scope"]) if (given[name]) url.searchParams.set(name, given[name]);
  const response = await request(String(url), {});
  if (!response.ok) throw new Error(`${url.origin} refuses an anonymous token with ${response.status}`);
  return tokenSchema.parse(await response.json());
}

/**
 * Current digest of `<registry>/<name>:<tag>`: that of the index, which lists an image for each machine type. It is computed
 * from the response, and never taken from the registry's header.
 *
 * @param platforms required platforms, like `linux/amd64`
 */
export async function digestOf(name: string, platforms: readonly string[]): Promise<string> {
  const { registry, path, tag } = parseReference(name);
  const url = `${registryApi(registry)}/${path}/manifests/${tag}`;
  const headers = { Accept: acceptedManifests };
  let response = await request(url, headers);
  if (response.status === 401) {
    const token = await anonymousToken(response.headers.get("www-authenticate") ?? "");
    response = await request(url, { ...headers, Authorization: `Bearer ${token}` });
  }
  if (!response.ok) throw new Error(`${name}: its registry answers ${response.status} to ${url}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const claimed = response.headers.get("docker-content-digest");
  if (claimed !== null && claimed !== digest)
    throw new Error(`${name}: the registry says ${claimed}, the response is ${digest}`);
  const { manifests } = indexSchema.parse(JSON.parse(bytes.toString("utf8")));
  if (!manifests)
    throw new Error(`${name} is an image for one machine type; ${platforms.join(" and ")} take an index`);
  const listed = manifests.map(({ platform }) => `${platform?.os}/${platform?.architecture}`);
  const missing = platforms.filter((platform) => !listed.includes(platform));
  if (missing.length > 0)
    throw new Error(`${name} has no image for ${missing.join(", ")}; it has ${listed.join(", ")}`);
  return digest;
}

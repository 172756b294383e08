import { basicAuth, type RegistryLogin } from "../../../../tools/docker/login.ts";
import { acceptedManifests, registryApi } from "../../../../tools/docker/registryApi.ts";
import { Fields } from "../kit/schema.ts";
import { isObject, type Properties, reveal } from "../kit/values.ts";

/** The decrypted registry credentials of an image's inputs. */
export function credentialsOf(inputs: Properties): RegistryLogin[] {
  const registries = inputs.registries === undefined ? [] : reveal(inputs.registries);
  if (!Array.isArray(registries)) return [];
  return registries
    .filter((each) => isObject(each))
    .map((each) => {
      const fields = new Fields(each);
      const text = (name: string) => fields.string(name) ?? "";
      return { server: text("address"), username: text("username"), password: text("password") };
    });
}

/** `127.0.0.1:5000`, `team/base` and `1.0` of `127.0.0.1:5000/team/base:1.0`. @throws if it has no registry or no tag */
export function parseTag(tag: string): { registry: string; path: string; tag: string } {
  const match = /^([^/]+[.:][^/]*|localhost)\/([^:@]+):([^:@/]+)$/.exec(tag);
  if (!match) throw new Error(`tag ${tag} must be registry/name:tag`);
  const [, registry = "", path = "", name = ""] = match;
  return { registry, path, tag: name };
}

/** Checks or deletes a digest in a registry. @returns false if the registry does not have it */
export async function manifest(
  method: "HEAD" | "DELETE",
  tag: string,
  digest: string,
  credentials: RegistryLogin[],
): Promise<boolean> {
  const { registry, path } = parseTag(tag);
  const url = `${registryApi(registry)}/${path}/manifests/${digest}`;
  const known = credentials.find(({ server }) => server === registry);
  const response = await fetch(url, {
    method,
    headers: { Accept: acceptedManifests, ...(known ? { Authorization: `Basic ${basicAuth(known)}` } : {}) },
    signal: AbortSignal.timeout(30_000),
  });
  if (response.status === 404) return false;
  if (!response.ok) throw new Error(`${method} ${url} failed with status ${response.status}`);
  return true;
}

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fields } from "../kit/schema.ts";
import { isPlainObject, type Properties, reveal } from "../kit/values.ts";

/** Who may push where. */
export interface Credentials {
  address: string;
  username: string;
  password: string;
}

/** The credentials among an image's inputs, in the clear. */
export function credentialsOf(inputs: Properties): Credentials[] {
  const registries = inputs.registries === undefined ? [] : reveal(inputs.registries);
  if (!Array.isArray(registries)) return [];
  return registries.filter(isPlainObject).map((each) => {
    const fields = new Fields(each);
    const text = (name: string) => fields.string(name) ?? "";
    return { address: text("address"), username: text("username"), password: text("password") };
  });
}

const basic = ({ username, password }: Credentials) =>
  Buffer.from(`${username}:${password}`).toString("base64");

/**
 * Runs `use` with a configuration folder of Docker's that knows the credentials and that only we can read. It is gone
 * afterwards: the user's own logins stay as they are, and no password is on a command line.
 */
export async function withLogin<T>(
  credentials: Credentials[],
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "sophia-docker-"));
  try {
    const auths = Object.fromEntries(credentials.map((each) => [each.address, { auth: basic(each) }]));
    await writeFile(join(folder, "config.json"), JSON.stringify({ auths }), { mode: 0o600 });
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `127.0.0.1:5000`, `team/base` and `1.0` of `127.0.0.1:5000/team/base:1.0`. @throws when it names no registry or tag */
export function parseTag(tag: string): { registry: string; path: string; tag: string } {
  const match = /^([^/]+[.:][^/]*|localhost)\/([^:@]+):([^:@/]+)$/.exec(tag);
  if (!match) throw new Error(`tag ${tag} must be registry/name:tag`);
  const [, registry = "", path = "", name = ""] = match;
  return { registry, path, tag: name };
}

const manifestTypes = [
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
].join(", ");

/** Asks a registry for, or deletes, what it has under a digest; false when it has nothing. */
export async function manifest(
  method: "HEAD" | "DELETE",
  tag: string,
  digest: string,
  credentials: Credentials[],
): Promise<boolean> {
  const { registry, path } = parseTag(tag);
  // As Docker does it: only this machine may serve images in the clear.
  const scheme = /^(localhost|127\.[\d.]+)(:|$)/.test(registry) ? "http" : "https";
  const url = `${scheme}://${registry}/v2/${path}/manifests/${digest}`;
  const known = credentials.find(({ address }) => address === registry);
  const response = await fetch(url, {
    method,
    headers: { Accept: manifestTypes, ...(known ? { Authorization: `Basic ${basic(known)}` } : {}) },
    signal: AbortSignal.timeout(30_000),
  });
  if (response.status === 404) return false;
  if (!response.ok) throw new Error(`${method} ${url} was answered with ${response.status}`);
  return true;
}

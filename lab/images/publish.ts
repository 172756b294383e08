import { docker, inspect } from "../../tools/docker/docker.ts";
import { parseReference } from "../../tools/docker/reference.ts";
import { acceptedManifests, registryApi } from "../../tools/docker/registryApi.ts";
import type { Registry } from "./registry.ts";

/** The registry's entry of that name: its digest, and the image's id where the registry reports it. */
async function served(
  registry: Registry,
  reference: string,
): Promise<{ digest: string; id: string } | undefined> {
  const { path, tag } = parseReference(reference);
  const url = `${registryApi(registry.push)}/${path}/manifests/${tag}`;
  const response = await fetch(url, {
    headers: { Accept: acceptedManifests },
    signal: AbortSignal.timeout(60_000),
  });
  if (response.status === 404) return undefined;
  if (!response.ok)
    throw new Error(`${url} answers ${response.status}: ${(await response.text()).slice(0, 200)}`);
  const digest = response.headers.get("Docker-Content-Digest") ?? "";
  const manifest = (await response.json()) as { config?: { digest: string } };
  return { digest, id: manifest.config?.digest ?? digest };
}

/**
 * Pushes an image of the engine to the lab's registry under its production name, unless the registry has it.
 *
 * @param image Name of the image in the engine.
 * @param reference Production name.
 * @returns Digest in the registry.
 */
export async function publishImage(
  registry: Registry,
  image: string,
  reference: string,
  log: (line: string) => void = () => {},
): Promise<string> {
  const found = await inspect<{ Id: string }>("image", image);
  if (!found)
    throw new Error(`image ${image} is not in the Docker engine, so ${reference} cannot be published`);
  const before = await served(registry, reference);
  if (before && (before.id === found.Id || before.digest === found.Id)) return before.digest;
  const { path, tag } = parseReference(reference);
  const target = `${registry.push}/${path}:${tag}`;
  await docker(["tag", image, target]);
  try {
    await docker(["push", target], { onLine: log });
  } finally {
    await docker(["rmi", "--no-prune", target]);
  }
  const after = await served(registry, reference);
  if (!after) throw new Error(`${reference} was pushed to the lab's registry, which does not have it`);
  return after.digest;
}

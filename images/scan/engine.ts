import { docker } from "../../tools/docker/docker.ts";
import { ensureEngine } from "../../tools/docker/engine/engine.ts";

/**
 * Makes sure that a Docker engine answers. Building and scanning images needs none of the kernel limits that `ensureEngine`
 * raises for the lab's hosts as root, so an engine that answers is used as it is.
 */
export async function engineForImages(cache: string): Promise<void> {
  const answers = await docker(["version", "--format", "{{.Server.Version}}"], { allowFailure: true }).then(
    ({ code }) => code === 0,
    // The docker command is not installed.
    () => false,
  );
  if (!answers) await ensureEngine(cache);
}

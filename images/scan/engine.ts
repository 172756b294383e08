import { docker } from "../../tools/docker/docker.ts";
import { ensureEngine } from "../../tools/docker/engine/engine.ts";

/**
 * Makes sure that a Docker engine answers. An engine that answers is used as it is: what scans
 * images is no lab, and is not counted as one.
 */
export async function engineForImages(): Promise<void> {
  const answers = await docker(["version", "--format", "{{.Server.Version}}"], { allowFailure: true }).then(
    ({ code }) => code === 0,
    // The docker command is not installed.
    () => false,
  );
  if (!answers) await ensureEngine();
}

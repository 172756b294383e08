import { docker, linesOf } from "../../../tools/docker/docker.ts";
import { bootArguments, type Privilege, privilegeOrder } from "./options.ts";

/** Operations of systemd's start that an engine may deny. */
const probe = "mount --make-rshared / && mkdir -p /run/probe && mount -t tmpfs none /run/probe";

/**
 * Tries which privileges let a container run systemd on this engine.
 *
 * @throws When none works; the message has each refusal.
 */
export async function findPrivilege(image: string): Promise<Privilege> {
  const version = (await docker(["info", "--format", "{{.CgroupVersion}}"])).stdout.trim();
  const refusals: string[] = [];
  for (const privilege of privilegeOrder(version)) {
    const args = [
      "run",
      "--rm",
      "--network=none",
      ...bootArguments(privilege),
      "--entrypoint=/bin/sh",
      image,
    ];
    const result = await docker([...args, "-c", probe], { allowFailure: true });
    if (result.code === 0) return privilege;
    refusals.push(`${privilege}: ${linesOf(result.stderr).at(-1) ?? `ended with ${result.code}`}`);
  }
  throw new Error(
    `this Docker engine does not allow containers that run systemd (cgroup v${version}; ${refusals.join("; ")})`,
  );
}

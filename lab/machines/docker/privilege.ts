import { docker, linesOf } from "../engine/docker.ts";
import { bootArguments, type Privilege, privilegeOrder } from "./options.ts";

/** What a machine's first seconds do that a container may be denied. */
const probe = "mount --make-rshared / && mkdir -p /run/probe && mount -t tmpfs none /run/probe";

/**
 * Finds out by trying how a container gets the rights of a machine on this engine.
 *
 * @throws Where none of the ways works; the message says what each was told.
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
    `this Docker engine lets no container be a machine (cgroup v${version}; ${refusals.join("; ")})`,
  );
}

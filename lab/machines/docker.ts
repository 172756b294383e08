import { messageOf } from "../../components/core/errors.ts";
import {
  docker,
  inspect,
  isMissing,
  type LabIdentity,
  labFilter,
  linesOf,
} from "../../tools/docker/docker.ts";
import { reviveEngine } from "../../tools/docker/engine/engine.ts";
import { removeContainers } from "../../tools/docker/remove.ts";
import { ensureNetwork, type LabNetwork } from "./docker/network.ts";

/**
 * Creates the lab's network and checks that the machines' image exists. The engine must be running.
 *
 * @param image Name of the machine image in the engine, from `imageOf`.
 */
export async function prepareMachines(lab: LabIdentity, image: string): Promise<LabNetwork> {
  if (!(await inspect("image", image))) {
    throw new Error(
      `the image of the lab's hosts, ${image}, is not in the Docker engine. To fix it: make up`,
    );
  }
  return ensureNetwork(lab);
}

/**
 * Removes every container, volume and network of the lab. File systems stay in the lab's folder. An engine that was
 * killed is started again for this.
 *
 * @returns Names of what was removed.
 * @throws Where no engine can be made to answer: what it holds of the lab is unknown.
 */
export async function removeMachines(lab: LabIdentity): Promise<string[]> {
  await reviveEngine(lab.folder).catch((cause: unknown) => {
    throw new Error(
      `the containers of lab ${lab.name} cannot be removed, so the lab is kept: ${messageOf(cause)}; then run ` +
        `\`make down\` again. If that engine is gone for good: rm -r ${lab.folder}`,
      { cause },
    );
  });
  const containers = await namesOf(["ps", "--all", "--format", "{{.Names}}", ...labFilter(lab)]);
  await removeContainers(containers);
  const volumes = await namesOf(["volume", "ls", "--quiet", ...labFilter(lab)]);
  if (volumes.length > 0) await docker(["volume", "rm", "--force", ...volumes]);
  const networks = await namesOf(["network", "ls", "--format", "{{.Name}}", ...labFilter(lab)]);
  for (const network of networks) {
    const result = await docker(["network", "rm", network], { allowFailure: true });
    if (result.code !== 0 && !isMissing(result.stderr)) {
      throw new Error(`cannot remove network ${network}: ${result.stderr.trim()}`);
    }
  }
  return [...containers, ...volumes, ...networks];
}

const namesOf = async (args: string[]): Promise<string[]> => linesOf((await docker(args)).stdout);

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Lab, labOf } from "../lab.ts";
import { DockerDriver } from "./docker/driver.ts";
import { ensureNetwork, findNetwork, type LabNetwork } from "./docker/network.ts";
import { docker, isMissing, type LabIdentity, labFilter, linesOf } from "./engine/docker.ts";

const factsFile = (lab: LabIdentity) => join(lab.folder, "machines.json");

/**
 * Makes the lab ready for machines: its network, and a note of the image that they boot. To be called before the first
 * `createDriver`, with an engine that answers.
 *
 * @param image Name of the machine image in the engine, as `imageOf` says it.
 */
export async function prepareMachines(lab: LabIdentity, image: string): Promise<LabNetwork> {
  const network = await ensureNetwork(lab);
  await mkdir(lab.folder, { recursive: true });
  await writeFile(factsFile(lab), JSON.stringify({ image }));
  return network;
}

/** The Docker driver of a lab that was prepared; the lab's folder is the environment's (`LAB_ROOT`). */
export async function createDriver(options: { lab: string }): Promise<DockerDriver> {
  const lab: Lab = labOf({ ...process.env, LAB: options.lab });
  const network = await findNetwork(lab);
  const text = await readFile(factsFile(lab), "utf8").catch(() => undefined);
  if (!network || !text) {
    throw new Error(
      `lab ${lab.name} has no ${network ? "machine image" : "network"} yet. To fix it: make up`,
    );
  }
  const { image } = JSON.parse(text) as { image: string };
  return new DockerDriver({ lab, image, network });
}

/**
 * Removes every container, volume and network of the lab, however it came about. File systems stay in the lab's folder.
 *
 * @returns Names of what was removed.
 */
export async function removeMachines(lab: LabIdentity): Promise<string[]> {
  const containers = await namesOf(["ps", "--all", "--format", "{{.Names}}", ...labFilter(lab)]);
  if (containers.length > 0) await docker(["rm", "--force", "--volumes", ...containers]);
  const volumes = await namesOf(["volume", "ls", "--quiet", ...labFilter(lab)]);
  if (volumes.length > 0) await docker(["volume", "rm", "--force", ...volumes]);
  const networks = await namesOf(["network", "ls", "--format", "{{.Name}}", ...labFilter(lab)]);
  for (const network of networks) {
    const result = await docker(["network", "rm", network], { allowFailure: true });
    if (result.code !== 0 && !isMissing(result.stderr)) {
      throw new Error(`cannot remove network ${network}: ${result.stderr.trim()}`);
    }
  }
  await rm(factsFile(lab), { force: true });
  return [...containers, ...volumes, ...networks];
}

const namesOf = async (args: string[]): Promise<string[]> => linesOf((await docker(args)).stdout);

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import {
  docker,
  inspect,
  type LabIdentity,
  labelArguments,
  labels,
  linesOf,
} from "../../../tools/docker/docker.ts";
import { outwardMtu } from "../../../tools/docker/engine/start.ts";
import { run } from "../../../tools/exec.ts";
import { addressesIn, freeSubnets, type Network, parseNetwork, routedNetworks } from "./subnet.ts";

/** The container network of one lab. */
export interface LabNetwork {
  name: string;
  subnet: string;
  /** This machine's address in the lab's network: servers on it are reachable from both. Linux only. */
  gateway: string;
  /** Address of the lab's image registry. */
  registry: string;
  /** Private address of the machine with that public one. */
  machine(publicAddress: string): string;
}

interface NetworkInspection {
  Name: string;
  Labels: Record<string, string> | null;
  IPAM: { Config: { Subnet: string }[] | null };
}

const networkName = (lab: LabIdentity): string => `sophia-${lab.name}-net`;

const known = (found: NetworkInspection): LabNetwork => {
  const subnet = found.IPAM.Config?.[0]?.Subnet;
  if (!subnet)
    throw new Error(`Docker network ${found.Name} has no subnet; remove it: docker network rm ${found.Name}`);
  return { name: found.Name, subnet, ...addressesIn(subnet) };
};

/** The lab's network, if it exists. */
export async function findNetwork(lab: LabIdentity): Promise<LabNetwork | undefined> {
  const found = await inspect<NetworkInspection>("network", networkName(lab));
  if (!found) return undefined;
  const owner = found.Labels?.[labels.folder];
  if (owner === lab.folder) return known(found);
  if (!owner) {
    throw new Error(
      `a Docker network named ${found.Name} exists and is not a lab's; remove it: docker network rm ${found.Name}`,
    );
  }
  const how = existsSync(owner)
    ? `run \`make down\` there, or use another name here: LAB=<name>`
    : `that checkout no longer exists; remove its containers: docker ps -aq --filter label=${labels.folder}=${owner} | xargs -r docker rm -fv; docker network rm ${found.Name}`;
  throw new Error(`a lab named ${lab.name} of another checkout is up (${owner}); ${how}`);
}

async function takenNetworks(): Promise<Network[]> {
  const ids = linesOf((await docker(["network", "ls", "--quiet"])).stdout);
  const all = JSON.parse((await docker(["network", "inspect", ...ids])).stdout) as NetworkInspection[];
  const docked = all.flatMap((network) => network.IPAM.Config ?? []).map((config) => config.Subnet);
  const routes = routedNetworks(await readFile("/proc/net/route", "utf8").catch(() => ""));
  return [...routes, ...docked.filter((subnet) => subnet.includes(".")).map(parseNetwork)];
}

/** The lab's container network, created at the first call. Two labs that start at the same time get different subnets. */
export async function ensureNetwork(lab: LabIdentity): Promise<LabNetwork> {
  const found = await findNetwork(lab);
  if (found) return found;
  const candidates = freeSubnets(await takenNetworks()).slice(0, 20);
  const mtu = await outwardMtu();
  let refusal = "no subnet is free";
  for (const subnet of candidates) {
    const args = ["network", "create", "--subnet", subnet, "--gateway", addressesIn(subnet).gateway];
    args.push("--opt", `com.docker.network.driver.mtu=${mtu}`, ...labelArguments(lab), networkName(lab));
    const result = await run("docker", args, { allowFailure: true });
    if (result.code === 0) return { name: networkName(lab), subnet, ...addressesIn(subnet) };
    refusal = result.stderr.trim();
    if (!/overlaps/i.test(refusal)) break;
  }
  throw new Error(`cannot create the network of lab ${lab.name}: ${refusal}`);
}

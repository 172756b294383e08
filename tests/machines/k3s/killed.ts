import { expect } from "vitest";
import { containerName } from "../../../lab/machines/docker/options.ts";
import { docker } from "../../../tools/docker/docker.ts";
import { answering, askFromClient } from "./asks.ts";
import { type Cluster, eventually, type Node } from "./cluster.ts";

/** Kills K3s on a node, and waits until systemd has started it again. */
async function killK3s(node: Node): Promise<void> {
  const mainPid = () => node.must("systemctl show -p MainPID --value k3s");
  const killed = await mainPid();
  await node.must(`kill -9 ${killed}`);
  await eventually(
    `systemd to start K3s again on ${node.spec.hostname}`,
    240,
    async () => `${await mainPid()} ${(await node.run("systemctl is-active k3s")).stdout}`,
    new RegExp(`^(?!0 |${killed} )\\d+ active`),
  );
}

/**
 * Kills K3s on the server and on the agent, and then their hosts. Expects the pods `web` on both nodes, and the pod
 * `client` on the agent with a volume.
 */
export async function losesNothing(
  cluster: Cluster,
  namespace: string,
  ready: () => Promise<unknown>,
): Promise<void> {
  const { server, agent, kubectl, lab } = cluster;
  const hosts = [server, agent];
  await kubectl("create configmap memory --from-literal=of=before");
  const inVolume = (command: string) => kubectl(`-n ${namespace} exec client -- sh -c '${command}'`);
  await inVolume("echo before >/data/memory");
  const pods = () =>
    kubectl(
      `-n ${namespace} get pods -l app=web -o jsonpath='{.items[*].status.containerStatuses[*].containerID}'`,
    );
  const before = await pods();
  for (const host of hosts) {
    await killK3s(host);
    await ready();
  }
  expect(await kubectl("get configmap memory -o jsonpath={.data.of}")).toBe("before");
  // Pods do not notice.
  expect(await pods()).toBe(before);

  // As when the power goes: nothing is told to end.
  for (const { spec } of hosts) await docker(["kill", containerName(lab.lab, spec.id)]);
  for (const { spec } of hosts) await lab.driver.restart(spec.id);
  await ready();
  await eventually(
    "the pods of the rebooted hosts",
    300,
    () => answering(() => askFromClient(cluster, namespace, `web.${namespace}`, 80)),
    /backend mcp-node$/,
  );
  expect(await kubectl("get configmap memory -o jsonpath={.data.of}")).toBe("before");
  expect(await inVolume("cat /data/memory")).toBe("before");
}

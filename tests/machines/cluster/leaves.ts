import { expect } from "vitest";
import type { Host } from "../../../k3s/host.ts";
import type { OperationResult } from "../../plugins/harness.ts";
import { ssh } from "../bootstrap/ssh.ts";

/** What runs on a host because of K3s, and what would let it back. */
const traces = `
  systemctl is-active k3s k3s-agent
  pgrep -af 'containerd.*/run/k3s/'
  pgrep -ax pause
  ls /var/lib/rancher/k3s/agent/kubelet.kubeconfig /etc/rancher/k3s/config.yaml /var/lib/kubelet
  awk '{ print $2 }' /proc/self/mounts | grep -E '/run/k3s|/var/lib/kubelet|cni-'
  iptables-save | grep -E 'KUBE-|CNI-'`;

type Login = Parameters<typeof ssh>[0];

const tracesOf = async (machine: Login): Promise<string[]> => {
  const { stdout } = await ssh(machine, "exec sudo -n bash -s", `{ ${traces}; } 2>/dev/null`);
  return stdout.split("\n").filter((line) => line !== "" && line !== "inactive");
};

/** A host in the program's configuration. */
export type HostOfTest = Host & { adopted?: boolean };

interface Stack {
  /** Updates it to these hosts. */
  up(...hosts: HostOfTest[]): Promise<OperationResult>;
  /** Of the hosts' user. */
  privateKey: string;
  /** What an update that succeeded changed. */
  stepsOf(result: OperationResult): string[];
}

/** An agent that runs pods is adopted: its node stays under another name; when it leaves, they end, and it runs on. */
export async function leaves(
  [server, agent]: [Host, Host],
  { up, privateKey, stepsOf }: Stack,
): Promise<void> {
  const adopted = { ...agent, adopted: true };
  expect(stepsOf(await up(server, adopted))).toEqual(["create cluster-mcp-leaving"]);
  const uid = async () => {
    const command = "sudo -n k3s kubectl get node mcp-node -o jsonpath='{.metadata.uid}'";
    return (await ssh({ address: server.address, privateKey }, command)).stdout;
  };
  const node = await uid();
  expect(node).not.toBe("");
  const renamed = await up(server, { ...adopted, name: "tools" });
  expect(stepsOf(renamed)).toContain("create cluster-tools-join");
  expect(renamed.stdout).toContain("this host is tools in this stack by now");
  expect(await uid()).toBe(node);

  const machine = { address: agent.address, privateKey };
  const before = await tracesOf(machine);
  for (const trace of [/^active$/, /kubelet.kubeconfig/, /KUBE-/])
    expect(before).toContainEqual(expect.stringMatching(trace));
  const left = await up(server);
  expect(stepsOf(left)).toContain("delete machine-tools");
  expect(left.stdout).toContain("node mcp-node: drained and removed");
  expect(left.stdout).toContain("changed k3s-agent on tools: stopped");
  expect(left.stdout).toContain("changed k3s-agent: stopped and disabled");
  expect(await tracesOf(machine)).toEqual([]);
}

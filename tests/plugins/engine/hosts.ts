import { afterAll, expect } from "vitest";
import type { Host } from "../../../k3s/host.ts";
import { sshServer, type TestSshServer } from "../../unit/k3s/ssh/sshServer.ts";
import type { OperationResult } from "../harness.ts";

/** What the program reads from a server: who the cluster is, and how to reach it. */
const answers = {
  clusterId: "6fbd5a5e-3e3c-4d6f-9c5e-2f3a1b4c5d6e",
  agentToken: `K10${"a".repeat(64)}::node:short`,
  clusters: [
    { name: "default", cluster: { server: "https://127.0.0.1:6443", "certificate-authority-data": "YQ==" } },
  ],
  contexts: [{ name: "default" }],
  users: [{ name: "default", user: { "client-certificate-data": "YQ==", "client-key-data": "YQ==" } }],
};

const servers: TestSshServer[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

export interface TestHost {
  host: Host & { adopted: boolean };
  /** How often the program stopped its K3s, as the host left. */
  stops(): number;
  /** What ran there, as the process list shows it, in order. */
  titles(): string[];
}

/**
 * An SSH server that says yes to everything.
 *
 * @param fails A text in the command lines that fail there. Default: none.
 */
export async function hostOf(
  name: string,
  machineId: string,
  roles: Host["roles"],
  adopted = true,
  fails?: string,
): Promise<TestHost> {
  const answer = { code: 0, output: JSON.stringify(answers) };
  const server = await sshServer({ accepts: true, answer, fails });
  servers.push(server);
  const at = { address: "127.0.0.1", privateAddress: "10.0.0.1", user: "ubuntu", port: server.port };
  return {
    host: { ...{ name, machineId, roles, adopted }, ...at, labels: {}, taints: [], gpus: 0 },
    stops: () => server.commands.filter(({ line }) => line.includes("stop K3s on")).length,
    titles: () => server.commands.map(({ line }) => /bash -s -- '?([^']*)/.exec(line)?.[1] ?? line),
  };
}

const release = { url: "http://127.0.0.1/k3s", sha256: "a".repeat(64) };
export const configOf = (...hosts: TestHost[]) => ({
  hosts: hosts.map(({ host }) => host),
  k3s: {
    version: "v1.36.4+k3s1",
    release: { amd64: release },
    nodeAddress: "private",
    flannelBackend: "host-gw",
  },
});
export const launched = ({ host, ...rest }: TestHost): TestHost => ({
  ...rest,
  host: { ...host, adopted: false },
});

export const stepsOf = (result: OperationResult): string[] => {
  expect(result.code, `${result.stdout}\n${result.stderr}`).toBe(0);
  return result.steps.map(({ op, name }) => `${op} ${name}`);
};
/** The steps in that order, with others between them. */
export const inOrder = (steps: string[], ...wanted: string[]) =>
  expect(steps.filter((step) => wanted.includes(step))).toEqual(wanted);

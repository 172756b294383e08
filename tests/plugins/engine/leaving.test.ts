import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Host } from "../../../k3s/host.ts";
import { sshKeyPair } from "../../support/sshKey.ts";
import { sshServer, type TestSshServer } from "../../unit/k3s/ssh/sshServer.ts";
import { type OperationResult, runProgram } from "../harness.ts";

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

interface TestHost {
  host: Host & { adopted: boolean };
  /** How often the program stopped its K3s. */
  stops(): number;
}

/** An SSH server that says yes to everything. */
async function hostOf(
  name: string,
  machineId: string,
  roles: Host["roles"],
  adopted = true,
): Promise<TestHost> {
  const answer = { code: 0, output: JSON.stringify(answers) };
  const server = await sshServer({ accepts: true, answer });
  servers.push(server);
  const at = { address: "127.0.0.1", privateAddress: "10.0.0.1", user: "ubuntu", port: server.port };
  return {
    host: { ...{ name, machineId, roles, adopted }, ...at, labels: {}, taints: [], gpus: 0 },
    stops: () => server.commands.filter(({ line }) => line.includes("stop K3s on")).length,
  };
}

const release = { url: "http://127.0.0.1/k3s", sha256: "a".repeat(64) };
const configOf = (...hosts: TestHost[]) => ({
  hosts: hosts.map(({ host }) => host),
  k3s: {
    version: "v1.36.4+k3s1",
    release: { amd64: release },
    nodeAddress: "private",
    flannelBackend: "host-gw",
  },
});
const launched = ({ host, ...rest }: TestHost): TestHost => ({ ...rest, host: { ...host, adopted: false } });

const stepsOf = (result: OperationResult): string[] => {
  expect(result.code, `${result.stdout}\n${result.stderr}`).toBe(0);
  return result.steps.map(({ op, name }) => `${op} ${name}`);
};
/** The steps in that order, with others between them. */
const inOrder = (steps: string[], ...wanted: string[]) =>
  expect(steps.filter((step) => wanted.includes(step))).toEqual(wanted);
const ofLeaving = (steps: string[]) => steps.filter((step) => step.endsWith("-leaving"));

test("L3 K4 an adopted host stops K3s when it leaves, after its node was drained, and at no other time", async () => {
  const backend = await hostOf("backend", "m-1", ["server"]);
  const first = await hostOf("gpu", "m-2", ["agent", "mcp"]);
  const second = await hostOf("gpu", "m-3", ["agent", "mcp"]);
  const third = await hostOf("gpu", "m-4", ["agent", "mcp"]);
  const keys = [sshKeyPair().private, sshKeyPair().private] as const;
  const program = join(import.meta.dirname, "../programs/hosts");
  const config = configOf(launched(backend), launched(first));
  const stack = await runProgram({ program, config, secrets: { sshPrivateKey: keys[0] } });
  expect(ofLeaving(stepsOf(await stack.up()))).toEqual([]);

  // Adopted as they run: nothing is done on them.
  const adopted = stepsOf(await stack.up({ config: configOf(backend, first) }));
  expect(adopted.filter((step) => !step.includes("default")).sort()).toEqual([
    "create cluster-backend-leaving",
    "create cluster-gpu-leaving",
  ]);

  // Another SSH key, in both of its updates.
  const rotated = stepsOf(
    await stack.up({ secrets: { sshPrivateKey: keys[1], sshPreviousPrivateKey: keys[0] } }),
  );
  expect(ofLeaving(rotated).sort()).toEqual(["update cluster-backend-leaving", "update cluster-gpu-leaving"]);
  await stack.cli([
    "config",
    "rm",
    "sshPreviousPrivateKey",
    "--config-file",
    join(stack.dir, "Pulumi.test.yaml"),
  ]);
  expect(ofLeaving(stepsOf(await stack.up()))).toEqual([]);
  expect([backend, first].map(({ stops }) => stops())).toEqual([0, 0]);

  // Another machine, adopted, then launched: the name goes to it after the old one has stopped.
  const order = [
    "delete-replaced cluster-gpu-drain",
    "delete-replaced cluster-gpu-leaving",
    "delete-replaced machine-gpu",
    "create-replacement cluster-gpu-install",
  ];
  inOrder(stepsOf(await stack.up({ config: configOf(backend, second) })), ...order);
  expect([backend, first, second].map(({ stops }) => stops())).toEqual([0, 1, 0]);
  const relaunched = stepsOf(await stack.up({ config: configOf(backend, launched(third)) }));
  inOrder(relaunched, ...order);
  expect([backend, first, second, third].map(({ stops }) => stops())).toEqual([0, 1, 1, 0]);

  // Out of the settings; then all of the stack.
  await stack.up({ config: configOf(backend, third) });
  inOrder(
    stepsOf(await stack.up({ config: configOf(backend) })),
    "delete cluster-gpu-drain",
    "delete cluster-gpu-install",
    "delete cluster-gpu-leaving",
    "delete cluster-gpu-host-key",
  );
  expect([backend, third].map(({ stops }) => stops())).toEqual([0, 1]);
  await stack.destroy();
  expect([backend, first, second, third].map(({ stops }) => stops())).toEqual([1, 1, 1, 1]);
  expect((await stack.export()).resources).toEqual([]);
});

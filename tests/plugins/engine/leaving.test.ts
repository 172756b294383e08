import { join } from "node:path";
import { expect, test } from "vitest";
import { sshKeyPair } from "../../support/sshKey.ts";
import { runProgram } from "../harness.ts";
import { configOf, hostOf, inOrder, launched, stepsOf } from "./hosts.ts";

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
    "delete-replaced cluster-mcp-node-drain",
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
    "delete cluster-gpu-install",
    "delete cluster-mcp-node-drain",
    "delete cluster-gpu-leaving",
    "delete cluster-gpu-host-key",
  );
  expect([backend, third].map(({ stops }) => stops())).toEqual([0, 1]);
  await stack.destroy();
  expect([backend, first, second, third].map(({ stops }) => stops())).toEqual([1, 1, 1, 1]);
  expect((await stack.export()).resources).toEqual([]);
});

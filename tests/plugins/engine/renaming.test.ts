import { join } from "node:path";
import { expect, test } from "vitest";
import { sshKeyPair } from "../../support/sshKey.ts";
import { runProgram } from "../harness.ts";
import { configOf, hostOf, inOrder, launched, stepsOf, type TestHost } from "./hosts.ts";

const named = ({ host, ...rest }: TestHost, name: string): TestHost => ({ ...rest, host: { ...host, name } });

test("K4 the MCP host gets another name: the node of the same machine stays, that of another one goes first", async () => {
  const backend = launched(await hostOf("backend", "m-1", ["server"]));
  const gpu = await hostOf("gpu", "m-2", ["agent", "mcp"]);
  const tools = launched(await hostOf("tools", "m-3", ["agent", "mcp"], true, "configure tools"));
  const program = join(import.meta.dirname, "../programs/hosts");
  const config = configOf(backend, gpu);
  const stack = await runProgram({ program, config, secrets: { sshPrivateKey: sshKeyPair().private } });
  const drains = () => backend.titles().filter((title) => title === "drain mcp-node").length;
  stepsOf(await stack.up());

  // Adopted under another name: the same machine is the same node.
  const models = named(gpu, "models");
  const renamed = stepsOf(await stack.up({ config: configOf(backend, models) }));
  inOrder(renamed, "create cluster-models-join", "delete cluster-gpu-leaving");
  expect(drains()).toBe(0);

  // Another machine under another name. K3s refuses it the node's name while the old one has it; and the old one runs until
  // the update ends, so it must not be the node as well.
  const failed = await stack.up({ config: configOf(backend, tools) });
  expect(failed.code).not.toBe(0);
  const begun = failed.steps.map(({ op, name }) => `${op} ${name}`);
  inOrder(begun, "delete-replaced cluster-mcp-node-drain", "create cluster-tools-configure");
  expect(drains()).toBe(1);
  expect(gpu.titles().at(-1)).toBe("stop node mcp-node on models");
  expect(tools.titles()).toContain("configure tools");

  // Back to the one before: its K3s starts again and registers its node, though nothing of it has changed.
  const before = gpu.titles().length;
  const back = stepsOf(await stack.up({ config: configOf(backend, models) }));
  inOrder(back, "delete-replaced cluster-mcp-node-drain", "create-replacement cluster-models-install");
  expect(gpu.titles().slice(before)).toEqual(["install models", "folders models", "configure models"]);
  expect(stepsOf(await stack.up())).toEqual([]);
});

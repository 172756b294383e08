import { expect } from "vitest";
import type { K3sSettings, NodeSpec } from "../../../k3s/config/config.ts";
import { hardenScript } from "../../../k3s/hardening/scripts.ts";
import { configureScript, installScript, type Tokens } from "../../../k3s/node/scripts.ts";
import type { TestMachine } from "./machine.ts";

/** The stack that the test's hosts belong to. */
export const owner = "sophia-infra/test";

/** The scripts that must refuse a host: the first of all, and the installation. */
async function refused(machine: TestMachine, settings: K3sSettings, by: string, why: string): Promise<void> {
  for (const text of [hardenScript(machine.host, 0, by), installScript("server", settings, by)])
    expect(await machine.run(text)).toMatchObject({ code: 1, stderr: expect.stringContaining(why) });
}

/** A host with traces of a K3s that no script of ours installed. */
export async function refusesForeign(machine: TestMachine, settings: K3sSettings): Promise<void> {
  for (const theirs of ["/etc/systemd/system/k3s.service", "/var/lib/rancher/k3s/server/db"]) {
    await machine.root(`mkdir -p "$(dirname ${theirs})" && touch ${theirs}`);
    await refused(machine, settings, owner, `did not install (${theirs}); nothing was changed`);
    expect((await machine.root("ls /usr/local/bin/k3s")).code).not.toBe(0);
    await machine.root(`rm ${theirs}`);
  }
}

/** A host that this stack has installed: another stack is refused, and one without a record is taken for our own. */
export async function refusesOthers(machine: TestMachine, settings: K3sSettings): Promise<void> {
  const marker = "/var/lib/sophia/k3s-installed";
  const recorded = async () => (await machine.root(`cat ${marker}`)).stdout;
  expect(await recorded()).toBe(`${owner}\n`);
  const other = "sophia-infra/other";
  const why = `is a node of stack ${owner}, this is ${other}; nothing was changed`;
  await refused(machine, settings, other, why);
  expect(await recorded()).toBe(`${owner}\n`);

  await machine.root(`rm ${marker} /var/lib/sophia/k3s-applied`);
  expect(await machine.run(installScript("server", settings, owner))).toMatchObject({
    code: 0,
    stdout: "nothing to change\n",
  });
  expect(await recorded()).toBe(`${owner}\n`);
}

/** A server with data: neither another name nor a role that renames its node is accepted, and its configuration stays. */
export async function keepsItsName(machine: TestMachine, spec: NodeSpec, tokens: Tokens): Promise<void> {
  const config = async () => (await machine.root("cat /etc/rancher/k3s/config.yaml")).stdout;
  const before = await config();
  const data = "/var/lib/rancher/k3s/server/db";
  await machine.root(`mkdir -p ${data}`);
  const { name } = spec.host;
  const others: Record<string, NodeSpec["host"]> = {
    other: { ...spec.host, name: "other" },
    "mcp-node": { ...spec.host, roles: [...spec.host.roles, "mcp"] },
  };
  for (const [node, host] of Object.entries(others)) {
    const refused = await machine.run(configureScript({ ...spec, host }, tokens));
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`the cluster's server is node ${name}, and would become ${node}: `),
    });
    expect(await config()).toBe(before);
  }
  // Before it ever ran, a name may change.
  await machine.root(`rm -r ${data}`);
  const renamed = { ...spec, host: { ...spec.host, name: "other" } };
  expect(await machine.run(configureScript(renamed, tokens))).toMatchObject({ code: 0 });
  expect(await config()).toContain("node-name: other");
  expect(await machine.run(configureScript(spec, tokens))).toMatchObject({ code: 0 });
}

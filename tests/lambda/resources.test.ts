import { expect, test } from "vitest";
import { sshKey } from "../../lambda/provider/handlers/sshKey.ts";
import type { Context } from "../../lambda/reconcile/context.ts";
import { createFileSystem, deleteFileSystem } from "../../lambda/reconcile/fileSystem.ts";
import { createRuleset, deleteRuleset, setRules } from "../../lambda/reconcile/firewall.ts";
import { createSshKey, deleteSshKey, physicalKeyName } from "../../lambda/reconcile/sshKey.ts";
import { somePublicKey, type TestCloud } from "../cloud/support/cloud.ts";
import { MemoryJournal } from "../support/lambda/journal.ts";
import { sshKeyPair } from "../support/sshKey.ts";
import { account } from "./support/account.ts";
import { Engine } from "./support/engine.ts";
import { type ProviderProcess, SharedTime, startProcess } from "./support/process.ts";

async function talking(
  cloud: TestCloud,
  change: object = {},
): Promise<Pick<ProviderProcess, "context" | "lines">> {
  const clock = new SharedTime(cloud);
  return await startProcess(cloud, { clock, journal: new MemoryJournal(clock), timing: change });
}
const context = async (cloud: TestCloud, change: object = {}): Promise<Context> =>
  (await talking(cloud, change)).context;

test("L4 an SSH key in use is deleted once its instance is really gone", async () => {
  const { cloud } = await account();
  const here = await context(cloud);
  const { id, outputs } = await createSshKey(here, { name: "team", publicKey: somePublicKey });
  expect(outputs).toMatchObject({
    keyName: physicalKeyName({ name: "team", publicKey: somePublicKey }),
    owned: true,
  });
  const engine = new Engine(cloud);
  await engine.run("up", { inputs: { sshKeyName: outputs.keyName } });
  await here.api.terminate(engine.row?.id ?? "");
  await deleteSshKey(here, id, outputs);
  expect((await here.api.listSshKeys()).map((key) => key.name)).toEqual(["k"]);
});

test("L3 L4 an SSH key and a ruleset that a host uses which is not the stack's to terminate stay, and are taken up again", async () => {
  const { cloud } = await account();
  const { context: here, lines } = await talking(cloud);
  const spec = { name: "team", publicKey: somePublicKey };
  const key = await createSshKey(here, spec);
  const rules = { name: "rules", region: "us-west-1", initialRules: [] };
  const ruleset = await createRuleset(here, rules);
  const launch = { ssh_key_names: [key.outputs.keyName], firewall_rulesets: [{ id: ruleset.id }] };
  await cloud.launched({ name: "www", hostname: "www", ...launch });
  await deleteSshKey(here, key.id, key.outputs);
  await deleteRuleset(here, ruleset.id, "rules");
  expect(lines).toEqual([
    expect.stringMatching(/^SSH key team-\w+ stays at Lambda, because www \(.*\) still uses it/),
    expect.stringMatching(/^firewall ruleset rules stays at Lambda, because www \(.*\) still uses it/),
  ]);
  expect(await createSshKey(here, spec)).toMatchObject({ id: key.id, outputs: { owned: true } });
  expect((await createRuleset(here, rules)).id).toBe(ruleset.id);
});

test("S2 a second change of the SSH key is refused, too, while a host runs that may not accept it", async () => {
  const { cloud } = await account();
  const here = await context(cloud);
  // The account's own, which is never deleted, and so is not among the retired ones.
  for (const name of ["k", "team"]) {
    const first = { name, publicKey: somePublicKey };
    const second = { name, publicKey: sshKeyPair().public, previousPublicKey: somePublicKey };
    const { id, outputs } = await createSshKey(here, first);
    const host = await cloud.launched({ name: "host", hostname: "host", ssh_key_names: [outputs.keyName] });
    const changed = await sshKey.update(here, id, outputs, second);
    const third = { name, publicKey: sshKeyPair().public };
    await expect(sshKey.diff(here, id, changed, third)).rejects.toThrow(
      new RegExp(`host \\(${host}\\) do not accept the new key`),
    );
    const fourth = { ...third, previousPublicKey: second.publicKey };
    const again = await sshKey.update(here, id, changed, fourth);
    await expect(sshKey.diff(here, id, again, first)).rejects.toThrow(/do not accept the new key/);
    await cloud.control.force(host, "terminated");
    expect(await sshKey.diff(here, id, again, first)).toEqual({ changes: true, replaces: [] });
  }
});

test("S2 another SSH key: the next launch takes it, the old one goes with the last host that was launched with it", async () => {
  const { cloud, launched } = await account();
  const here = await context(cloud);
  const names = async () => (await here.api.listSshKeys()).map((key) => key.name).sort();
  const before = { name: "team", publicKey: somePublicKey };
  const after = { name: "team", publicKey: sshKeyPair().public, previousPublicKey: somePublicKey };
  const { id, outputs } = await createSshKey(here, before);
  const engine = new Engine(cloud);
  await engine.run("up", { inputs: { sshKeyName: outputs.keyName } });
  const host = engine.row?.id ?? "";

  // Unannounced, it would lock everybody out of the host that runs.
  const { previousPublicKey: _, ...unannounced } = after;
  await expect(sshKey.diff(here, id, outputs, unannounced)).rejects.toThrow(
    /host \(.*\) do not accept the new key: set sophia-infra:sshPreviousPrivateKey to the previous key/,
  );
  expect(await sshKey.diff(here, id, outputs, after)).toEqual({ changes: true, replaces: [] });

  const changed = await sshKey.update(here, id, outputs, after);
  expect(changed.keyName).toBe(physicalKeyName(after));
  expect(await names()).toEqual(["k", outputs.keyName, changed.keyName].sort());
  await engine.run("up", { inputs: { sshKeyName: changed.keyName } });
  expect(engine.row?.id).toBe(host);
  expect(await launched()).toBe(1);

  // What is left of it goes at the next occasion: another change, or with the stack.
  const { previousPublicKey: __, ...settled } = after;
  expect(await sshKey.diff(here, id, changed, settled)).toEqual({ changes: false, replaces: [] });
  await engine.run("destroy");
  await deleteSshKey(here, id, changed);
  expect(await names()).toEqual(["k"]);
});

test("L4 the account's own key of that name is used, and not deleted", async () => {
  const { cloud } = await account();
  const here = await context(cloud);
  const { id, outputs } = await createSshKey(here, {
    name: "k",
    publicKey: `${somePublicKey} another comment`,
  });
  expect(outputs).toMatchObject({ keyName: "k", owned: false });
  await deleteSshKey(here, id, outputs);
  expect(await here.api.listSshKeys()).toHaveLength(1);
});

test("L4 a file system in use is kept until its instance is really gone, one that was there is never deleted", async () => {
  const { cloud } = await account();
  const { context: here, lines } = await talking(cloud);
  const { id, outputs } = await createFileSystem(here, { name: "files", region: "us-west-1" });
  expect(outputs).toMatchObject({ mountPoint: "/lambda/nfs/files", owned: true });
  const engine = new Engine(cloud);
  await engine.run("up", { inputs: { fileSystem: { name: "files", region: "us-west-1" } } });
  await expect(deleteFileSystem(here, id, outputs)).rejects.toThrow(/file system files cannot be deleted/);
  const other = await talking(cloud);
  const again = await createFileSystem(other.context, { name: "files", region: "us-west-1" });
  expect(again).toMatchObject({ id, outputs: { owned: false } });
  await expect(createFileSystem(here, { name: "files", region: "us-west-3" })).rejects.toThrow(
    /already exists, in us-west-1/,
  );
  await here.api.terminate(engine.row?.id ?? "");
  expect(lines.join()).not.toContain("there before");
  await deleteFileSystem(other.context, id, again.outputs);
  expect(other.lines).toEqual([
    expect.stringMatching(/^file system files was there before and is used: it is never deleted/),
    expect.stringMatching(/^file system files was there before .* it stays with its data, and is billed/),
  ]);
  expect(await here.api.listFileSystems()).toHaveLength(1);
  await deleteFileSystem(here, id, outputs);
  expect(await here.api.listFileSystems()).toHaveLength(0);
});

test.each(["before", "after"] as const)(
  "L4 a create whose reply is lost (%s) makes one, which is ours",
  async (when) => {
    const { cloud } = await account();
    const here = await context(cloud);
    for (const operation of ["createFilesystem", "addSSHKey", "createFirewallRuleset"]) {
      await cloud.control.addFault({ operation, when, effect: { kind: "drop" } });
    }
    const files = await createFileSystem(here, { name: "files", region: "us-west-1" });
    const key = await createSshKey(here, { name: "team", publicKey: somePublicKey });
    await createRuleset(here, { name: "rules", region: "us-west-1", initialRules: [] });
    expect(await cloud.control.faults()).toEqual([]);
    expect(files.outputs.owned).toBe(true);
    expect(key.outputs.owned).toBe(true);
    expect(await here.api.listFileSystems()).toHaveLength(1);
    expect(await here.api.listSshKeys()).toHaveLength(2);
    expect(await here.api.listRulesets()).toHaveLength(1);
  },
);

test("L4 rules are set where they differ", async () => {
  const { cloud } = await account();
  const here = await context(cloud);
  const ssh = { protocol: "tcp", ports: [22, 22], source: "198.51.100.7/32", description: "SSH" } as const;
  const initialRules = [{ ...ssh, ports: [22, 22] as [number, number] }];
  const ruleset = await createRuleset(here, { name: "rules", region: "us-west-1", initialRules });
  await cloud.control.clearJournal();
  await setRules(here, ruleset.id, [{ ...ssh, ports: [22, 22], source: "198.51.100.7" }]);
  await setRules(here, ruleset.id, [
    { ...ssh, ports: [22, 22] },
    { ...ssh, ports: [80, 80] },
  ]);
  const patches = (await cloud.control.journal()).filter(
    (entry) => entry.kind === "request" && entry.method === "PATCH",
  );
  expect(patches).toHaveLength(1);
});

test("L4 the region of a host that runs cannot leave the settings, where its rules would no longer follow them", async () => {
  const { cloud } = await account();
  const here = await context(cloud);
  const ruleset = await createRuleset(here, { name: "rules", region: "us-west-1", initialRules: [] });
  const engine = new Engine(cloud);
  await engine.run("up", { inputs: { rulesets: { "us-west-1": ruleset.id } } });
  const { outcome } = await engine.run("up", { inputs: { rulesets: { "us-east-1": "r" } } });
  expect(String(outcome)).toMatch(
    /host runs in us-west-1, where no host may be launched any more.*lambda.regions/,
  );
  // Replaced for another reason, it need not be there any longer.
  const elsewhere = { rulesets: {}, regions: ["us-east-1"], userData: "#cloud-config\n" };
  expect((await engine.run("up", { inputs: elsewhere })).outcome).toBe("done");
  await deleteRuleset(here, ruleset.id, "rules");
  expect(await here.api.listRulesets()).toHaveLength(0);
});

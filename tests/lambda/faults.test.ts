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
import { SharedTime, startProcess } from "./support/process.ts";

const places = { instanceTypes: ["gpu_1x_a10", "gpu_1x_a6000"], regions: ["us-west-1", "us-west-3"] };

async function context(cloud: TestCloud, change: object = {}): Promise<Context> {
  const clock = new SharedTime(cloud);
  return (await startProcess(cloud, { clock, journal: new MemoryJournal(clock), timing: change })).context;
}

const launches = async (cloud: TestCloud) =>
  (await cloud.control.journal()).flatMap((entry) => {
    if (entry.kind !== "request" || entry.operation !== "launchInstance") return [];
    const body = entry.body as { instance_type_name: string; region_name: string };
    return [`${body.instance_type_name} ${body.region_name}`];
  });

test("L1 capacity that is listed but refused: the next place is tried, unlisted ones last", async () => {
  const { cloud, launched } = await account();
  await cloud.control.clearJournal();
  await cloud.control.setCapacity({
    gpu_1x_a10: { "us-west-1": { slots: 0, listed: true }, "us-west-3": { slots: 0, listed: false } },
    gpu_1x_a6000: { "us-west-1": { slots: 0, listed: false }, "us-west-3": { slots: 5, listed: false } },
  });
  const engine = new Engine(cloud);
  const { outcome, lines } = await engine.run("up", { inputs: places });
  expect(outcome).toBe("done");
  expect(await launches(cloud)).toEqual([
    "gpu_1x_a10 us-west-1",
    "gpu_1x_a10 us-west-3",
    "gpu_1x_a6000 us-west-1",
    "gpu_1x_a6000 us-west-3",
  ]);
  expect(engine.row?.outs).toMatchObject({
    instanceType: "gpu_1x_a6000",
    region: "us-west-3",
    hourlyUsd: 1.09,
  });
  expect(lines.join("\n")).toContain("gpu_1x_a10 in us-west-1 refused");
  expect(await launched()).toBe(1);
});

test("L1 no capacity anywhere: one error that names every place and what to do", async () => {
  const { cloud, launched } = await account();
  const nowhere = { "us-west-1": { slots: 0 }, "us-west-3": { slots: 0 } };
  await cloud.control.setCapacity({ gpu_1x_a10: nowhere, gpu_1x_a6000: nowhere });
  const { outcome } = await new Engine(cloud).run("up", { inputs: places });
  expect(String(outcome)).toMatch(/host host: Lambda refused every type and region/);
  expect(String(outcome)).toMatch(/gpu_1x_a10 in us-west-1.*gpu_1x_a6000 in us-west-3.*Add instance types/);
  expect(await launched()).toBe(0);
});

test("L1 quota used up at one place is no reason not to try the next", async () => {
  const { cloud } = await account();
  await cloud.control.addFault({
    operation: "launchInstance",
    effect: { kind: "reply", status: 400, code: "global/quota-exceeded", message: "Quota exceeded." },
  });
  const engine = new Engine(cloud);
  expect((await engine.run("up", { inputs: places })).outcome).toBe("done");
});

test("L1 types that Lambda does not know are named with those it has", async () => {
  const { cloud } = await account();
  const { outcome } = await new Engine(cloud).run("up", { inputs: { instanceTypes: ["gpu_1x_abacus"] } });
  expect(String(outcome)).toMatch(/knows none of the instance types gpu_1x_abacus; it has .*gpu_1x_a10/);
});

test("L5 429 as plain text is waited out, at the launch too, which is sent again and launches once", async () => {
  const { cloud, launched } = await account();
  const effect = { kind: "reply", status: 429, text: "error code: 1015" } as const;
  await cloud.control.addFault({ next: 3, effect });
  await cloud.control.addFault({ operation: "launchInstance", next: 2, effect });
  expect((await new Engine(cloud).run("up")).outcome).toBe("done");
  expect(await launched()).toBe(1);
});

test("L5 machines that turn unhealthy while booting are replaced up to the limit, and none is left", async () => {
  const { cloud, launched, alive, mostAlive } = await account();
  await cloud.control.plan({ outcome: "unhealthy", next: 3 });
  const engine = new Engine(cloud);
  const { outcome } = await engine.run("up");
  expect(String(outcome)).toMatch(/3 machines failed to start and were terminated/);
  expect(await launched()).toBe(3);
  expect(await alive()).toBe(0);
  expect(engine.row).toBeUndefined();
  expect((await engine.run("up")).outcome).toBe("done");
  expect(mostAlive()).toBe(1);
});

test("L1 after a broken machine another place is preferred", async () => {
  const { cloud } = await account();
  await cloud.control.clearJournal();
  await cloud.control.plan({ outcome: "unhealthy" });
  const open = { "us-west-1": { listed: true }, "us-west-3": { listed: true } };
  await cloud.control.setCapacity({ gpu_1x_a10: open });
  const inputs = { regions: ["us-west-1", "us-west-3"] };
  expect((await new Engine(cloud).run("up", { inputs })).outcome).toBe("done");
  expect(await launches(cloud)).toEqual(["gpu_1x_a10 us-west-1", "gpu_1x_a10 us-west-3"]);
});

test("L1 an address that comes after the instance is active is waited for", async () => {
  const { cloud } = await account();
  await cloud.control.setTransitions({ addressed: { by: "time", seconds: 400 } });
  const engine = new Engine(cloud);
  expect((await engine.run("up")).outcome).toBe("done");
  expect(engine.row?.outs.address).toMatch(/^127\./);
});

test.each(["refuse", "omit"] as const)(
  "L5 terminate that is not available yet (%s) is waited for",
  async (earlyTerminate) => {
    const { cloud, alive } = await account();
    await cloud.control.setTransitions({ terminable: { by: "time", seconds: 600 } });
    await cloud.control.setQuirks({ earlyTerminate });
    const engine = new Engine(cloud);
    expect((await engine.run("up", { timing: { bootDeadline: 60 } })).outcome).toBeInstanceOf(Error);
    expect((await engine.run("destroy")).outcome).toBe("done");
    expect(await alive()).toBe(0);
  },
);

test("L5 an instance that never goes away is a failure that says so", async () => {
  const { cloud } = await account();
  const engine = new Engine(cloud);
  await engine.run("up");
  await cloud.control.setTransitions({ terminated: { by: "manual" } });
  const { outcome } = await engine.run("destroy");
  expect(String(outcome)).toMatch(/waited 900 s for instance \w+ to be gone; last: status terminating/);
  expect(engine.row).toBeDefined();
});

test("a wrong API key is refused at once, and never shown", async () => {
  const { cloud } = await account();
  const { outcome, requests } = await new Engine(cloud).run("up", { apiKey: "secret_wrong_4711" });
  expect(String(outcome)).toMatch(
    /API key was invalid.*401 global\/invalid-api-key.*sophia-infra:lambdaApiKey/,
  );
  expect(String(outcome)).not.toContain("4711");
  expect(requests).toHaveLength(1);
});

test("an API that cannot be reached is named", async () => {
  const { cloud } = await account();
  const engine = new Engine(cloud);
  await cloud.cloud.close();
  // Nobody answers, so nobody can move the emulated time either.
  engine.clock.sleep = async () => undefined;
  let now = 0;
  engine.clock.now = () => {
    now += 10_000;
    return now;
  };
  const { outcome } = await engine.run("up");
  expect(String(outcome)).toMatch(/cannot reach http:\/\/127\.0\.0\.1.*ECONNREFUSED.*retried for 120 s/);
});

test("L4 an SSH key in use is kept until its instance is really gone", async () => {
  const { cloud } = await account();
  const here = await context(cloud);
  const { id, outputs } = await createSshKey(here, { name: "team", publicKey: somePublicKey });
  expect(outputs).toMatchObject({
    keyName: physicalKeyName({ name: "team", publicKey: somePublicKey }),
    owned: true,
  });
  const engine = new Engine(cloud);
  await engine.run("up", { inputs: { sshKeyName: outputs.keyName } });
  await expect(deleteSshKey(here, id, outputs)).rejects.toThrow(
    /cannot be deleted: host \(.*\) still uses it/,
  );
  await here.api.terminate(engine.row?.id ?? "");
  await deleteSshKey(here, id, outputs);
  expect((await here.api.listSshKeys()).map((key) => key.name)).toEqual(["k"]);
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
  const here = await context(cloud);
  const { id, outputs } = await createFileSystem(here, { name: "files", region: "us-west-1" });
  expect(outputs).toMatchObject({ mountPoint: "/lambda/nfs/files", owned: true });
  const engine = new Engine(cloud);
  await engine.run("up", { inputs: { fileSystem: { name: "files", region: "us-west-1" } } });
  await expect(deleteFileSystem(here, id, outputs)).rejects.toThrow(/file system files cannot be deleted/);
  const again = await createFileSystem(await context(cloud), { name: "files", region: "us-west-1" });
  expect(again).toMatchObject({ id, outputs: { owned: false } });
  await expect(createFileSystem(here, { name: "files", region: "us-west-3" })).rejects.toThrow(
    /already exists, in us-west-1/,
  );
  await here.api.terminate(engine.row?.id ?? "");
  await deleteFileSystem(here, id, again.outputs);
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

test("L4 rules are set where they differ, and a ruleset in use is kept", async () => {
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
  const engine = new Engine(cloud);
  await engine.run("up", { inputs: { rulesets: { "us-west-1": ruleset.id } } });
  await expect(deleteRuleset(here, ruleset.id, "rules")).rejects.toThrow(
    /firewall ruleset rules cannot be deleted: host/,
  );
  await engine.run("destroy");
  await deleteRuleset(here, ruleset.id, "rules");
  expect(await here.api.listRulesets()).toHaveLength(0);
});

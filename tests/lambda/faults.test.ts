import { expect, test } from "vitest";
import { createInstance } from "../../lambda/reconcile/instance/instance.ts";
import { MemoryJournal } from "../support/lambda/journal.ts";
import { account } from "./support/account.ts";
import { Engine, host } from "./support/engine.ts";
import { SharedTime, startProcess } from "./support/process.ts";

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
  await engine.clock.start();
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

test.each([
  ["does not show", true],
  ["shows", false],
])("L5 of an instance whose tags Lambda %s, the update says so: %s", async (_, hidden) => {
  const { cloud } = await account();
  const clock = new SharedTime(cloud);
  const { context, lines } = await startProcess(cloud, { clock, journal: new MemoryJournal(clock) });
  const getInstance = async (id: string) => {
    const shown = await context.api.getInstance(id);
    return shown && { ...shown, ...(hidden && { tags: undefined }) };
  };
  const spec = { ...host, claim: "claim-1" };
  const { id } = await createInstance({ ...context, api: { ...context.api, getInstance } }, spec);
  const warnings = lines.filter((line) => line.startsWith("warning:"));
  expect(warnings).toEqual(
    hidden ? [expect.stringContaining(`does not show the tag sophia-claim=claim-1 of host (${id})`)] : [],
  );
});

test("L5 an API key of another account is refused, as a host that it does not see may run and be billed", async () => {
  const [own, other] = [await account(), await account()];
  const engine = new Engine(own.cloud);
  await engine.run("up");
  for (const { id } of (await other.cloud.control.state()).sshKeys)
    await other.cloud.api.call("DELETE", `/ssh-keys/${id}`);
  const elsewhere = new Engine(other.cloud);
  for (const operation of ["refresh", "destroy"] as const) {
    Object.assign(elsewhere, { claim: engine.claim, row: engine.row });
    const { outcome } = await elsewhere.run(operation);
    expect(String(outcome)).toMatch(/not have its SSH key k: .*lambdaApiKey may be of another account/);
    expect(elsewhere.row).toBeDefined();
  }
  expect(await own.alive()).toBe(1);
  await own.clear();
  expect((await engine.run("destroy")).outcome).toBe("done");
});

test("L5 a 404 that is not Lambda's does not count as gone", async () => {
  const { cloud, alive } = await account();
  const engine = new Engine(cloud);
  await engine.run("up");
  const effect = { kind: "reply", status: 404, text: "<html>no such page" } as const;
  await cloud.control.addFault({ next: 10_000, effect });
  for (const operation of ["refresh", "destroy"] as const) {
    const { outcome } = await engine.run(operation);
    expect(String(outcome)).toMatch(/no such page.*the reply is not Lambda's: check lambda.apiUrl/);
    expect(engine.row).toBeDefined();
  }
  await cloud.control.clearFaults();
  expect((await engine.run("destroy")).outcome).toBe("done");
  expect(await alive()).toBe(0);
});

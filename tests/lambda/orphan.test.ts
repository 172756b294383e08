import { beforeEach, describe, expect, test } from "vitest";
import { type Death, otherPhases, type Phase, requestPhases } from "../support/mortal.ts";
import { type Account, account } from "./support/account.ts";
import { Engine } from "./support/engine.ts";
import { flows, initFailed, leastOf } from "./support/flows.ts";

describe.each(flows)("L5 $name", (flow) => {
  let at: Account;
  beforeEach(async () => {
    at = await account();
  });

  interface Trouble {
    death?: Death;
    fault?: () => Promise<unknown>;
  }

  /** Runs the flow with trouble, then again without, then tears down; counts instances at every step. */
  async function survives({ death, fault }: Trouble) {
    const start = await at.launched();
    const engine = new Engine(at.cloud);
    await flow.before(engine, at);
    const inputs = flow.inputs?.(engine);
    await fault?.();
    const first = await engine.run(flow.operation, { inputs, death });
    const story = `${first.outcome} after ${first.requests.join(", ")}`;
    const struck = death ? first.outcome === "died" : (await at.cloud.control.faults()).length === 0;
    await at.cloud.control.clearFaults();
    // Nothing else may go wrong.
    if (!struck) expect(first.outcome, story).toBe("done");
    if (first.outcome !== "done") {
      expect((await engine.run(flow.operation, { inputs })).outcome, story).toBe("done");
    }
    expect(await at.alive(), story).toBe(flow.alive);
    expect((await at.launched()) - start, story).toBe(flow.launches);
    expect((await engine.run("destroy")).outcome, story).toBe("done");
    expect(await at.alive(), story).toBe(flow.left);
    expect(at.mostAlive(), story).toBeLessThanOrEqual(Math.max(1, flow.alive));
    await at.clear();
    return { struck };
  }

  /**
   * The same trouble at the first moment, the second, and so on, until a run ends before it comes: how often the flow
   * asks whether a machine is up differs from run to run.
   */
  async function atEvery(trouble: (nth: number) => Trouble, phase: Phase = "before") {
    let nth = 0;
    while ((await survives(trouble(nth))).struck) nth += 1;
    expect(nth).toBeGreaterThanOrEqual(leastOf(flow, phase));
  }

  test.each(requestPhases)("provider killed, request %s", (phase) =>
    atEvery((nth) => ({ death: { nth, phase } }), phase),
  );

  test.each(otherPhases)("provider killed, at each %s", (phase) =>
    atEvery((nth) => ({ death: { nth, phase } }), phase),
  );

  test.each(["before", "after"] as const)("reply lost once, %s handling", (when) =>
    atEvery((skip) => ({
      fault: () => at.cloud.control.addFault({ skip, when, effect: { kind: "drop" } }),
    })),
  );

  test.each(["before", "after"] as const)("502 once, %s handling", (when) =>
    atEvery((skip) => ({
      fault: () =>
        at.cloud.control.addFault({
          skip,
          when,
          effect: { kind: "reply", status: 502, text: "<html>bad gateway" },
        }),
    })),
  );
});

/** Kills the provider when its launch was carried out and before it hears of it. */
async function killedInLaunch(engine: Engine) {
  const { outcome, requests } = await engine.run("up", { death: { nth: 2, phase: "handled" } });
  expect(outcome).toBe("died");
  expect(requests.at(-1)).toMatch(/launch$/);
  expect(engine.row).toBeUndefined();
}

test("L5 destroy alone removes what a killed create launched and never recorded", async () => {
  const at = await account();
  const engine = new Engine(at.cloud);
  await killedInLaunch(engine);
  expect(await at.alive()).toBe(1);
  expect((await engine.run("destroy")).outcome).toBe("done");
  expect(await at.alive()).toBe(0);
});

test.each(["at once", "late"])(
  "L5 adopting another host ends what a killed create launched and never recorded, listed %s",
  async (when) => {
    const at = await account();
    await at.cloud.launched({ name: "foreign", hostname: "foreign" });
    await at.cloud.control.advance(600);
    if (when === "late") await at.cloud.control.setTransitions({ listed: { by: "time", seconds: 120 } });
    const engine = new Engine(at.cloud);
    await killedInLaunch(engine);
    expect(await at.alive()).toBe(2);
    const inputs = { adopt: { name: "foreign" } };
    expect((await engine.run("up", { inputs })).outcome).toBe("done");
    expect(engine.row?.outs).toMatchObject({ name: "foreign", adopted: true });
    expect(await at.alive()).toBe(1);
    expect((await engine.run("destroy")).outcome).toBe("done");
    expect(await at.alive()).toBe(1);
  },
);

test("L5 destroy ends what a killed create launched where the adoption of another host failed", async () => {
  const at = await account();
  const engine = new Engine(at.cloud);
  await killedInLaunch(engine);
  expect((await engine.run("up", { inputs: { adopt: { id: "ffff" } } })).outcome).toBeInstanceOf(Error);
  expect((await engine.run("destroy")).outcome).toBe("done");
  expect(await at.alive()).toBe(0);
});

test("L5 an instance that is listed late is waited for, not launched again", async () => {
  const at = await account();
  await at.cloud.control.setTransitions({ listed: { by: "time", seconds: 120 } });
  const engine = new Engine(at.cloud);
  await killedInLaunch(engine);
  expect((await engine.run("up")).outcome).toBe("done");
  expect(await at.launched()).toBe(1);
});

test("L5 an instance that is listed late is removed by destroy", async () => {
  const at = await account();
  await at.cloud.control.setTransitions({ listed: { by: "time", seconds: 120 } });
  const engine = new Engine(at.cloud);
  await killedInLaunch(engine);
  expect((await engine.run("destroy")).outcome).toBe("done");
  expect(await at.alive()).toBe(0);
});

test("L5 a second launch by a machine that could not see the first is taken back", async () => {
  const at = await account();
  await at.cloud.control.setTransitions({ listed: { by: "time", seconds: 120 } });
  const engine = new Engine(at.cloud);
  await killedInLaunch(engine);
  engine.moveToAnotherMachine();
  expect((await engine.run("up")).outcome).toBe("done");
  expect(await at.launched()).toBe(2);
  expect(await at.alive()).toBe(1);
});

test("L5 what a killed run launched for other settings is not taken over", async () => {
  const at = await account();
  const engine = new Engine(at.cloud);
  await killedInLaunch(engine);
  expect((await engine.run("up", { inputs: { userData: "#cloud-config\n" } })).outcome).toBe("done");
  expect(await at.launched()).toBe(2);
  expect(await at.alive()).toBe(1);
  expect(at.mostAlive()).toBe(1);
});

test("L5 a machine that is up is taken over also after a change of the SSH key", async () => {
  const at = await account();
  const engine = new Engine(at.cloud);
  await killedInLaunch(engine);
  await at.cloud.control.advance(600);
  await at.cloud.api.call("POST", "/ssh-keys", { body: { name: "k2", public_key: "ssh-ed25519 AAAA" } });
  expect((await engine.run("up", { inputs: { sshKeyName: "k2" } })).outcome).toBe("done");
  expect(await at.launched()).toBe(1);
  expect(await at.alive()).toBe(1);
});

test("L5 a half-made host that died meanwhile is replaced", async () => {
  const at = await account();
  const engine = new Engine(at.cloud);
  await initFailed(engine);
  const first = engine.row?.id ?? "";
  await at.cloud.control.force(first, "unhealthy");
  expect((await engine.run("up")).outcome).toBe("done");
  expect(engine.row?.id).not.toBe(first);
  expect(await at.alive()).toBe(1);
});

test.each(["at once", "after a refresh"])(
  "L5 a half-made host that Lambda did not even show is finished %s, and stays",
  async (when) => {
    const { cloud, alive, launched } = await account();
    const files = { name: "files", region: "us-west-1" };
    await cloud.api.call("POST", "/filesystems", { body: files });
    const { json } = await cloud.api.call("POST", "/firewall-rulesets", {
      body: { name: "rules", region: "us-west-1", rules: [] },
    });
    const inputs = { fileSystem: files, rulesets: { "us-west-1": String(json.data?.id) } };
    const engine = new Engine(cloud);
    const effect = { kind: "reply", status: 502, text: "<html>bad gateway" } as const;
    await cloud.control.addFault({ operation: "getInstance", next: 10_000, effect });
    const { outcome } = await engine.run("up", { inputs, timing: { bootDeadline: 60 } });
    expect(String(outcome)).toContain("it stays recorded");
    const id = engine.row?.id;
    expect(engine.row?.outs.region).toBe("");
    await cloud.control.clearFaults();
    if (when !== "at once") await engine.run("refresh");
    expect((await engine.run("up", { inputs })).outcome).toBe("done");
    const placed = { region: "us-west-1", fileSystemName: "files", rulesetId: inputs.rulesets["us-west-1"] };
    expect(engine.row).toMatchObject({ id, outs: { ready: true, ...placed } });
    expect(await engine.run("up", { inputs })).toMatchObject({ outcome: "done", requests: [] });
    expect([await launched(), await alive()]).toEqual([1, 1]);
  },
);

import { expect, test } from "vitest";
import { somePublicKey } from "../cloud/support/cloud.ts";
import { brief } from "../plugins/events.ts";
import { killProviders, Trap } from "./support/kill.ts";
import { fast, lambdaStack } from "./support/stack.ts";

const host = (more: object = {}) => ({ host: { publicKey: somePublicKey, ...more } });
const paid = ["booting", "active", "unhealthy"];

test("L5 by the real engine: a provider killed in any phase, and a lost reply, never lead to a second host", async () => {
  const trap = new Trap();
  const { program, control, key } = await lambdaStack("host", host(), { onRequest: trap.observe });
  const kill = () => killProviders(program.state);
  const alive = async () =>
    (await control.state()).instances.filter(({ status }) => paid.includes(status)).map(({ id }) => id);
  const launched = async () => {
    const { instances, gone } = await control.state();
    return new Set([...instances, ...gone].map(({ id }) => id)).size;
  };
  /** An `up` or `destroy` that is struck, and fails for it. */
  const struck = async (verb: "up" | "destroy", config: object = {}) => {
    const result = await program[verb]({ config: { ...config } });
    expect(trap.sprung).toBe(true);
    expect(result.code, result.stdout).not.toBe(0);
    expect((await alive()).length).toBeLessThanOrEqual(1);
  };

  // Before handling: the request dies with its sender.
  trap.arm("launchInstance", "before", async () => {
    await kill();
    await control.addFault({ operation: "launchInstance", effect: { kind: "drop" } });
  });
  await struck("up");
  expect(await launched()).toBe(0);

  trap.arm("launchInstance", "handled", kill);
  await struck("up");
  expect(await launched()).toBe(1);
  expect((await program.export()).resources.map(({ type }) => type)).not.toContain(
    "pulumi-nodejs:dynamic/lambda:Instance",
  );

  // The instance of the killed run is taken over, by one that dies after the reply that told of it.
  trap.arm("getInstance", "before", kill);
  await struck("up");
  expect(await launched()).toBe(1);

  const up = await program.up();
  expect(up.code, up.stdout).toBe(0);
  expect(await launched()).toBe(1);
  expect(await program.outputs()).toMatchObject({
    id: (await alive())[0],
    instanceType: "gpu_1x_a10",
    region: "us-west-1",
    hourlyUsd: 1.29,
  });
  const state = JSON.stringify(await program.export());
  expect(state).not.toContain(key);
  expect(state).not.toContain("jupyter");

  // A replacement that is struck while the old instance goes away.
  const change = host({ userData: "#cloud-config\n" });
  trap.arm("terminateInstance", "handled", kill);
  await struck("up", change);
  await control.addFault({ operation: "launchInstance", when: "after", effect: { kind: "drop" } });
  const replaced = await program.up();
  expect(replaced.code, replaced.stdout).toBe(0);
  expect(await control.faults()).toEqual([]);
  expect(await launched()).toBe(2);
  expect(await alive()).toHaveLength(1);

  trap.arm("terminateInstance", "replied", async () => trap.arm("getInstance", "before", kill));
  await struck("destroy");
  const down = await program.destroy();
  expect(down.code, down.stdout).toBe(0);
  expect(await alive()).toEqual([]);
  expect((await control.state()).sshKeys).toEqual([]);
});

test("L5 K4 a host that is replaced on request is gone before another is launched in its place", async () => {
  const { program, control } = await lambdaStack("host", host());
  const up = await program.up();
  expect(up.code, up.stdout).toBe(0);
  const { id: first } = await program.outputs();
  const { resources } = await program.export();
  const urn = resources.find(({ type }) => type.endsWith("lambda:Instance"))?.urn ?? "";
  const replaced = await program.up({ args: ["--replace", urn] });
  expect(replaced.code, replaced.stdout).toBe(0);
  const alive = (await control.state()).instances.filter(({ status }) => paid.includes(status));
  expect(alive).toHaveLength(1);
  expect(alive[0]?.id).not.toBe(first);
  expect((await program.outputs()).id).toBe(alive[0]?.id);
  expect((await program.destroy()).code).toBe(0);
});

test("L1 L3 a half-made host is recorded and finished, renamed in place, kept by new preferences, adopted", async () => {
  const { program, control, cloud } = await lambdaStack("host", host());
  const lambda = (more: object = {}) => ({ "sophia-infra:lambda": { ...fast, apiUrl: cloud.url, ...more } });
  await control.setTransitions({ active: { by: "manual" } });
  const late = await program.up({ config: lambda({ bootDeadline: 1 }) });
  expect(late.code).not.toBe(0);
  expect(late.stdout).toMatch(/waited 1 s for instance .* to become active.*it stays recorded/s);
  const [made] = (await control.state()).instances;
  const row = (await program.export()).resources.find(({ type }) => type.endsWith("lambda:Instance"));
  expect(row).toMatchObject({ id: made?.id, initErrors: [expect.stringContaining("stays recorded")] });

  await control.force(made?.id ?? "", "active");
  const finished = await program.up({ config: { ...lambda(), ...host({ name: "renamed" }) } });
  expect(finished.code, finished.stdout).toBe(0);
  expect(brief(finished.steps)).toEqual(["update host"]);
  expect((await control.state()).instances[0]?.name).toBe("renamed");

  const preferences = {
    name: "renamed",
    instanceTypes: ["gpu_1x_a100", "gpu_1x_a10"],
    regions: ["us-east-1"],
  };
  const kept = await program.up({ config: host(preferences) });
  expect(brief(kept.steps)).toEqual([]);

  const adopted = await program.up({ config: host({ adopt: { id: made?.id } }) });
  expect(adopted.code, adopted.stdout).toBe(0);
  expect(brief(adopted.steps).sort()).toEqual(["update host", "update host-claim"]);
  const down = await program.destroy();
  expect(down.code, down.stdout).toBe(0);
  expect(down.stdout).toMatch(/SSH key .* stays at Lambda, because renamed \(.*\) still uses it/);
  expect((await control.state()).instances[0]?.status).toBe("active");
});

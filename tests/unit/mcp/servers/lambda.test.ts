import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { stackTag as reconcileTag } from "../../../../lambda/reconcile/instance/spec.ts";
import { stackTag } from "../../../../mcp/servers/lambda_labs_cli/changes.ts";
import { rentalTools } from "../../../../mcp/servers/lambda_labs_cli/tools.ts";
import { testCloud } from "../../../cloud/support/cloud.ts";
import { judged } from "../../../conformance/judged.ts";
import { calling } from "../../../support/servers/mcp/calling.ts";

/** The server's tools over the emulator, which journals what really happened. */
async function renting(
  more: { changesAllowed?: boolean; ownHosts?: string[]; lookFor?: number; launchSpacing?: number } = {},
) {
  const cloud = await testCloud({ onRequest: judged() });
  const account = {
    apiUrl: cloud.cloud.url,
    apiKey: () => cloud.key,
    requestsPerSecond: 1000,
    launchSpacing: more.launchSpacing ?? 0,
  };
  const tools = rentalTools({
    account,
    changesAllowed: more.changesAllowed ?? true,
    ownHosts: () => more.ownHosts ?? [],
    lookFor: more.lookFor ?? 10,
  });
  const running = async () => {
    const { json } = await cloud.api.call("GET", "/instances");
    return (json.data as unknown as { id: string; status: string; name?: string }[]).filter(
      ({ status }) => !status.startsWith("terminat"),
    );
  };
  return { ...cloud, ...(await calling(tools)), tools, running };
}

const wish = { type: "gpu_1x_a10", region: "us-west-1", name: "job", sshKey: "k" };

test("M4 every tool is listed; only launch and terminate change something, and terminate is destructive", async () => {
  const { client } = await renting();
  const { tools } = await client.listTools();
  expect(
    tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint, annotations?.destructiveHint]),
  ).toEqual([
    ["list_instances", true, undefined],
    ["get_instance", true, undefined],
    ["list_instance_types", true, undefined],
    ["list_ssh_keys", true, undefined],
    ["list_file_systems", true, undefined],
    ["launch_instance", false, false],
    ["terminate_instance", false, true],
  ]);
});

test("L1 types are shown with price and free regions, the cheapest first, and can be narrowed", async () => {
  const { ask, control } = await renting();
  await control.setCapacity({ gpu_1x_a10: { "us-west-1": { slots: 1, listed: true } } });
  const { items, total } = await ask("list_instance_types", { limit: 200 });
  const prices = items.map(({ hourlyUsd }: { hourlyUsd: number }) => hourlyUsd);
  expect(prices).toEqual([...prices].sort((a, b) => a - b));
  expect(total).toBeGreaterThan(10);
  expect(items).toContainEqual(
    expect.objectContaining({ type: "gpu_1x_a10", hourlyUsd: 1.29, monthlyUsd: 941.7, gpus: 1 }),
  );
  const a10 = await ask("list_instance_types", { search: "A10", region: "us-west-1", maxHourlyUsd: 1.3 });
  expect(a10.items.map(({ type }: { type: string }) => type)).toEqual(["gpu_1x_a10"]);
});

test("L8 M1 an instance is launched and terminated for real, once each is confirmed", async () => {
  const { ask, call, running, control, launch } = await renting();
  await launch({ name: "other" });
  const unconfirmed = await call("launch_instance", wish);
  expect(unconfirmed).toEqual({
    isError: true,
    text: 'Not launched: a gpu_1x_a10 in us-west-1 costs $1.29 an hour ($942 a month) until it is terminated. To go on, call again with confirm: "gpu_1x_a10".',
  });
  expect((await call("launch_instance", { ...wish, confirm: "yes" })).isError).toBe(true);
  expect(await running()).toHaveLength(1);

  await ask("list_instances");
  const { id } = await ask("launch_instance", { ...wish, confirm: "gpu_1x_a10" });
  expect((await running()).map(({ name }) => name).sort()).toEqual(["job", "other"]);
  expect((await ask("list_instances")).items).toContainEqual(
    expect.objectContaining({ id, name: "job", type: "gpu_1x_a10", hourlyUsd: 1.29 }),
  );
  await control.advance(300);
  const shown = await ask("get_instance", { id });
  expect(shown).toMatchObject({ id, status: "active", region: "us-west-1", sshKeys: ["k"] });
  expect(JSON.stringify(shown)).not.toMatch(/jupyter/i);

  expect((await call("terminate_instance", { id, confirm: "job" })).text).toContain(
    `call again with confirm: "${id}"`,
  );
  expect(await running()).toHaveLength(2);
  expect(await ask("terminate_instance", { id, confirm: id })).toMatchObject({
    status: "terminating",
    name: "job",
  });
  expect((await running()).map(({ name }) => name)).toEqual(["other"]);
});

test("S1 without the setting nothing is launched or terminated, and the answer says who can change that", async () => {
  const { call, running, launched } = await renting({ changesAllowed: false });
  const id = await launched();
  for (const [name, args] of [
    ["launch_instance", { ...wish, confirm: wish.type }],
    ["terminate_instance", { id, confirm: id }],
  ] as const) {
    expect((await call(name, args)).text).toMatch(
      /^This server may not (launch|terminate) instances\. Somebody who pays.*SOPHIA_LAMBDA_CHANGES_ALLOWED=1/,
    );
  }
  expect(await running()).toHaveLength(1);
});

test("L5 hosts of a stack, launched or adopted, are not terminated", async () => {
  expect(stackTag).toBe(reconcileTag);
  const adopted: string[] = [];
  const { call, launched, running } = await renting({ ownHosts: adopted });
  adopted.push(await launched({ name: "adopted" }));
  const host = await launched({ name: "backend", tags: [{ key: stackTag, value: "dev" }] });
  expect((await call("terminate_instance", { id: host, confirm: host })).text).toMatch(
    /^backend is a host of the stack dev\. Take it out of the stack's settings/,
  );
  const [first = ""] = adopted;
  expect((await call("terminate_instance", { id: first, confirm: first })).text).toMatch(
    /^adopted is a host of this platform\./,
  );
  expect(await running()).toHaveLength(2);
});

test("L5 what was not launched here is not terminated: another stack may have adopted it", async () => {
  const { call, launched, running } = await renting();
  const id = await launched({ name: "gpu-1", tags: [{ key: "sophia-launched-by", value: "somebody" }] });
  const bare = await launched({ name: "gpu-2" });
  for (const [one, name] of [
    [id, "gpu-1"],
    [bare, "gpu-2"],
  ] as const)
    expect(await call("terminate_instance", { id: one, confirm: one })).toEqual({
      isError: true,
      text: expect.stringMatching(
        `^${name} was not launched by \`launch_instance\`: .*Whoever rented it can terminate it`,
      ),
    });
  expect(await running()).toHaveLength(2);
});

test("L5 a launch whose reply is lost is found by its tag, and never sent twice", async () => {
  const { ask, running, control, launched } = await renting();
  await launched({ name: "first" });
  await control.addFault({ operation: "launchInstance", next: 1, when: "after", effect: { kind: "drop" } });
  const { id } = await ask("launch_instance", { ...wish, confirm: wish.type });
  const jobs = (await running()).filter(({ name }) => name === "job");
  expect(jobs.map((instance) => instance.id)).toEqual([id]);
});

test("L5 a launch whose caller goes away while it waits for its turn is not sent", async () => {
  const { ask, tools, running, launched } = await renting({ launchSpacing: 2 });
  await launched({ name: "first" });
  await ask("launch_instance", { ...wish, confirm: wish.type });
  const launch = tools.find(({ name }) => name === "launch_instance");
  const gone = new AbortController();
  const waiting = launch?.run(
    { ...wish, imageFamily: "lambda-stack-22-04", confirm: wish.type },
    { signal: gone.signal },
  );
  gone.abort(new Error("the caller went away"));
  await expect(waiting).rejects.toThrow("the caller went away");
  expect((await running()).map(({ name }) => name).sort()).toEqual(["first", "job"]);
  expect(launch?.unfinished).toContain("`list_instances`");
});

test("L5 an instance is not terminated for a caller that went away before the request was sent", async () => {
  const { ask, tools, running, launched } = await renting();
  await launched({ name: "first" });
  const { id } = await ask("launch_instance", { ...wish, confirm: wish.type });
  const terminate = tools.find(({ name }) => name === "terminate_instance");
  const signal = AbortSignal.abort(new Error("the caller went away"));
  await expect(terminate?.run({ id, confirm: id }, { signal })).rejects.toThrow("the caller went away");
  expect((await running()).map((instance) => instance.id)).toContain(id);
  expect(terminate?.unfinished).toContain("`get_instance`");
});

test("L5 a launch with an unknown outcome is looked for and reported as unknown also where its caller went away", async () => {
  const { tools, control, launched } = await renting({ lookFor: 1 });
  await launched({ name: "first" });
  await control.addFault({ operation: "launchInstance", next: 1, when: "before", effect: { kind: "drop" } });
  const launch = tools.find(({ name }) => name === "launch_instance");
  const gone = new AbortController();
  const input = { ...wish, imageFamily: "lambda-stack-22-04", confirm: wish.type };
  const outcome = expect(launch?.run(input, { signal: gone.signal })).rejects.toThrow(
    /did not answer the launch, and lists no instance.*look for job with `list_instances` in ten minutes/,
  );
  await waitFor({ what: "the launch to be sent", deadline: 120, interval: 0.02 }, async () =>
    (await control.journal()).filter((one) => one.kind === "request" && one.operation === "launchInstance")
      .length === 2
      ? true
      : notYet("it is not in the journal"),
  );
  gone.abort(new Error("the caller went away"));
  await outcome;
});

test("L5 a launch with an unknown outcome is reported as unknown", async () => {
  const { call, control, launched, running } = await renting({ lookFor: 0 });
  await launched({ name: "first" });
  await control.addFault({ operation: "launchInstance", next: 1, when: "before", effect: { kind: "drop" } });
  expect((await call("launch_instance", { ...wish, confirm: wish.type })).text).toMatch(
    /did not answer the launch, and lists no instance.*look for job with `list_instances` in ten minutes/,
  );
  expect(await running()).toHaveLength(1);
});

test("M4 what cannot be launched is an error that says what can", async () => {
  const { call, control, launched } = await renting();
  await launched({ name: "first" });
  expect((await call("launch_instance", { ...wish, type: "gpu_9x" })).text).toMatch(
    /^Lambda Cloud has no type gpu_9x\. `list_instance_types` shows/,
  );
  await control.setCapacity({ gpu_1x_a10: { "us-west-1": { slots: 0, listed: true } } });
  expect((await call("launch_instance", { ...wish, confirm: wish.type })).text).toMatch(
    /did not launch a gpu_1x_a10 in us-west-1: .*[Cc]apacity.*Another type or region/,
  );
  expect((await call("launch_instance", { ...wish, sshKey: "none", confirm: wish.type })).isError).toBe(true);
  const unknown = "1ab0".padEnd(32, "0");
  for (const [name, args] of [
    ["get_instance", { id: unknown }],
    ["terminate_instance", { id: unknown, confirm: unknown }],
  ] as const)
    expect((await call(name, args)).text).toMatch(/^There is no instance 1ab0+\. `list_instances` shows/);
});

import { expect, test } from "vitest";
import { testCloud } from "./support/cloud.ts";
import { MemoryDriver } from "./support/driver.ts";

const text = (value: unknown) => String(value);

test("an instance boots: address first, active later, terminable in between", async () => {
  const { launched, instance, control } = await testCloud();
  const id = await launched({ name: "one" });
  const young = await instance(id);
  expect(young).toMatchObject({
    status: "booting",
    actions: { terminate: { available: false, reason_code: "vm-has-not-launched" } },
  });
  expect(young).not.toHaveProperty("ip");
  expect(young).not.toHaveProperty("private_ip");

  await control.advance(10);
  expect(await instance(id)).toMatchObject({
    status: "booting",
    actions: { terminate: { available: true } },
  });

  await control.advance(61);
  expect(await instance(id)).toMatchObject({
    status: "booting",
    ip: "127.20.0.11",
    private_ip: "10.213.0.11",
    hostname: "127.20.0.11",
  });
  await control.advance(168);
  expect(await instance(id)).toMatchObject({ status: "booting", first_healthy: null });
  await control.advance(1);
  expect(await instance(id)).toMatchObject({
    status: "active",
    jupyter_token: expect.stringMatching(/^.{32}$/),
  });
});

test("active waits for the machine, however long it takes", async () => {
  const driver = new MemoryDriver({ slowBoot: true });
  const { launched, instance, control } = await testCloud({ driver });
  const id = await launched();
  await control.advance(2000);
  expect(await instance(id)).toMatchObject({ status: "booting" });
  driver.finishBoot(id);
  await control.advance(0);
  expect(await instance(id)).toMatchObject({ status: "active" });
});

test("ids begin with the lab's mark, have the API's form and repeat with the seed", async () => {
  const [first, second] = [await testCloud(), await testCloud()];
  const id = await first.launched();
  expect(id).toMatch(/^1ab0[0-9a-f]{28}$/);
  expect(await second.launched()).toBe(id);
  const other = await testCloud({ seed: "another" });
  expect(await other.launched()).not.toBe(id);
});

test("terminated instances stay readable for a while, then are gone", async () => {
  const { launched, instance, control, api, driver } = await testCloud();
  const id = await launched();
  await control.advance(240);
  const ended = await api.call("POST", "/instance-operations/terminate", { body: { instance_ids: [id] } });
  expect(ended.json.data).toMatchObject({ terminated_instances: [{ id, status: "terminating" }] });
  await control.advance(29);
  expect(await instance(id)).toMatchObject({ status: "terminating" });
  expect(driver.removed).toEqual([id]);
  await control.advance(1);
  expect(await instance(id)).toMatchObject({ status: "terminated" });
  const again = await api.call("POST", "/instance-operations/terminate", { body: { instance_ids: [id] } });
  expect(again.status).toBe(200);
  expect((await api.call("GET", "/instances")).json.data).toHaveLength(1);
  await control.advance(60);
  expect((await api.call("GET", `/instances/${id}`)).status).toBe(404);
  expect((await api.call("GET", "/instances")).json.data).toHaveLength(0);
  expect((await control.state()).gone).toMatchObject([{ id }]);
});

test("time that jumps far dates every step where it was due", async () => {
  const { launched, control, api } = await testCloud();
  const id = await launched();
  await control.advance(240);
  const { now } = await control.clock();
  await api.call("POST", "/instance-operations/terminate", { body: { instance_ids: [id] } });
  await control.advance(5000);
  expect((await control.state()).gone[0]?.endedAt).toBe(now + 90_000);
});

test("terminate before it is available is refused, omitted from the response, or done, as configured", async () => {
  const { launched, instance, control, api } = await testCloud();
  const id = await launched();
  const terminate = () =>
    api.call("POST", "/instance-operations/terminate", { body: { instance_ids: [id] } });
  expect((await terminate()).status).toBe(400);
  expect(await instance(id)).toMatchObject({ status: "booting" });
  await control.setQuirks({ earlyTerminate: "omit" });
  expect((await terminate()).json).toEqual({ data: { terminated_instances: [] } });
  expect(await instance(id)).toMatchObject({ status: "booting" });
  await control.setQuirks({ earlyTerminate: "accept" });
  await terminate();
  expect(await instance(id)).toMatchObject({ status: "terminating" });
});

test("one unknown id in a list terminates nothing", async () => {
  const { launched, instance, control, api } = await testCloud();
  const id = await launched();
  await control.advance(240);
  const body = { instance_ids: [id, "0".repeat(32)] };
  expect((await api.call("POST", "/instance-operations/terminate", { body })).status).toBe(404);
  expect(await instance(id)).toMatchObject({ status: "active" });
});

test("an instance chosen to fail turns unhealthy while booting and stays so", async () => {
  const { launched, instance, control } = await testCloud();
  await control.plan({ outcome: "unhealthy" });
  const [bad, good] = [await launched(), await launched()];
  await control.advance(240);
  expect(await instance(bad)).toMatchObject({
    status: "unhealthy",
    actions: { terminate: { available: true } },
  });
  expect(await instance(good)).toMatchObject({ status: "active" });
  await control.advance(5000);
  expect(await instance(bad)).toMatchObject({ status: "unhealthy" });
});

test("a planned outcome waits for the type and region it is for", async () => {
  const { launched, instance, control } = await testCloud();
  await control.plan({ outcome: "unhealthy", region: "us-east-1" });
  const [west, east] = [await launched(), await launched({ region_name: "us-east-1" })];
  await control.advance(240);
  expect(text((await instance(west)).status)).toBe("active");
  expect(text((await instance(east)).status)).toBe("unhealthy");
});

test("a preempted instance loses its machine and is gone after a while", async () => {
  const { launched, instance, control, api, driver } = await testCloud();
  await control.plan({ outcome: "preempted" });
  const id = await launched();
  await control.advance(240);
  expect(await instance(id)).toMatchObject({ status: "active" });
  await control.advance(600);
  expect(await instance(id)).toMatchObject({ status: "preempted" });
  expect(await driver.list()).toEqual([]);
  await control.advance(60);
  expect((await api.call("GET", `/instances/${id}`)).status).toBe(404);
});

test("a restart goes through booting, and is a conflict while booting", async () => {
  const { launched, instance, control, api, driver } = await testCloud();
  const id = await launched();
  const restart = () => api.call("POST", "/instance-operations/restart", { body: { instance_ids: [id] } });
  expect(await restart()).toMatchObject({ status: 409, json: { error: { code: "global/conflict" } } });
  await control.advance(240);
  expect((await restart()).json.data).toMatchObject({ restarted_instances: [{ id, status: "booting" }] });
  expect(driver.restarted).toEqual([id]);
  await control.advance(59);
  expect(await instance(id)).toMatchObject({ status: "booting", ip: "127.20.0.11" });
  await control.advance(1);
  expect(await instance(id)).toMatchObject({ status: "active" });
});

test("steps can wait for reads or for a command instead of time", async () => {
  const { launched, instance, control } = await testCloud();
  await control.setTransitions({ addressed: { by: "reads", count: 2 }, active: { by: "manual" } });
  const id = await launched();
  expect(await instance(id)).not.toHaveProperty("ip");
  expect(await instance(id)).toHaveProperty("ip");
  await control.advance(100_000);
  expect(await instance(id)).toMatchObject({ status: "booting" });
  await control.force(id, "active");
  expect(await instance(id)).toMatchObject({ status: "active" });
});

test("an instance can be late in the list, and an address later than active", async () => {
  const { launched, instance, control, api } = await testCloud();
  await control.setTransitions({
    listed: { by: "time", seconds: 30 },
    addressed: { by: "time", seconds: 300 },
  });
  const id = await launched();
  const listed = async () => (await api.call("GET", "/instances")).json.data?.length;
  expect(await listed()).toBe(0);
  await control.advance(30);
  expect(await listed()).toBe(1);
  await control.advance(210);
  const active = await instance(id);
  expect(active).toMatchObject({ status: "active" });
  expect(active).not.toHaveProperty("ip");
  await control.advance(60);
  expect(await instance(id)).toHaveProperty("ip");
});

test("a status set by hand holds until the instance is restarted", async () => {
  const { launched, instance, control, api } = await testCloud();
  const id = await launched();
  await control.advance(240);
  await control.force(id, "unhealthy");
  await control.advance(1000);
  expect(await instance(id)).toMatchObject({ status: "unhealthy" });
  await api.call("POST", "/instance-operations/restart", { body: { instance_ids: [id] } });
  await control.advance(60);
  expect(await instance(id)).toMatchObject({ status: "active" });
});

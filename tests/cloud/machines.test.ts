import { expect, test } from "vitest";
import { testCloud } from "./support/cloud.ts";
import { MemoryDriver } from "./support/driver.ts";

test("a machine that cannot be created makes its instance unhealthy, with the reason", async () => {
  const lab = await testCloud();
  lab.driver.failing.set("create", "no space left on device");
  const id = await lab.launched();
  expect(await lab.instance(id)).toMatchObject({
    status: "unhealthy",
    actions: { terminate: { available: true } },
  });
  expect(await lab.instance(id)).not.toHaveProperty("ip");
  expect(lab.lines.join("\n")).toContain("no space left on device");
  expect((await lab.control.state()).instances[0]?.trouble).toContain("no space left on device");
  lab.driver.failing.delete("create");
  await lab.api.call("POST", "/instance-operations/terminate", { body: { instance_ids: [id] } });
  await lab.control.advance(90);
  expect((await lab.control.state()).instances).toEqual([]);
});

test("a machine that stops makes its instance unhealthy; when it runs again the instance is active again", async () => {
  const lab = await testCloud();
  const id = await lab.launched();
  await lab.control.advance(240);
  lab.driver.kill(id);
  await lab.control.advance(0);
  expect(await lab.instance(id)).toMatchObject({ status: "unhealthy" });
  lab.driver.finishBoot(id);
  await lab.control.advance(0);
  expect(await lab.instance(id)).toMatchObject({ status: "active" });
});

test.each([
  ["running", false],
  ["stopped", true],
] as const)(
  "a %s machine that is removed ends its instance, which is no longer listed: it cannot come back",
  async (_, stopped) => {
    const lab = await testCloud();
    const id = await lab.launched();
    await lab.control.advance(240);
    if (stopped) lab.driver.kill(id);
    await lab.control.advance(0);
    await lab.driver.remove(id);
    await lab.control.advance(0);
    expect(await lab.instance(id)).toMatchObject({ status: "terminating" });
    const left = async () => {
      await lab.control.advance(90);
      return (await lab.control.state()).instances;
    };
    await expect.poll(left).toEqual([]);
  },
);

test("a stopped machine is brought back by a restart of its instance", async () => {
  const lab = await testCloud();
  const id = await lab.launched();
  await lab.control.advance(240);
  lab.driver.kill(id);
  await lab.control.advance(0);
  await lab.api.call("POST", "/instance-operations/restart", { body: { instance_ids: [id] } });
  await lab.control.advance(59);
  expect(await lab.instance(id)).toMatchObject({ status: "booting" });
  await lab.control.advance(1);
  expect(await lab.instance(id)).toMatchObject({ status: "active" });
  lab.driver.failing.set("restart", "it hangs");
  await lab.api.call("POST", "/instance-operations/restart", { body: { instance_ids: [id] } });
  expect((await lab.control.state()).instances[0]?.trouble).toContain("it hangs");
});

test("a driver that does not respond changes nothing, and is reported once", async () => {
  const lab = await testCloud();
  const id = await lab.launched();
  await lab.control.advance(240);
  lab.driver.failing.set("list", "the daemon is gone");
  await lab.control.advance(10);
  await lab.control.advance(10);
  expect(await lab.instance(id)).toMatchObject({ status: "active" });
  expect(lab.lines.filter((line) => line.includes("the daemon is gone"))).toHaveLength(1);
});

test("an instance is terminated only when its machine is removed, however often that fails", async () => {
  const lab = await testCloud();
  const id = await lab.launched();
  await lab.control.advance(240);
  lab.driver.failing.set("remove", "busy");
  await lab.api.call("POST", "/instance-operations/terminate", { body: { instance_ids: [id] } });
  await lab.control.advance(1000);
  expect(await lab.instance(id)).toMatchObject({ status: "terminating" });
  lab.driver.failing.delete("remove");
  await lab.control.advance(0);
  expect(await lab.instance(id)).toMatchObject({ status: "terminated" });
});

test("an instance that is terminated while its machine is being created leaves no machine", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  class SlowDriver extends MemoryDriver {
    override async create(spec: Parameters<MemoryDriver["create"]>[0]) {
      await held;
      return super.create(spec);
    }
  }
  const lab = await testCloud({ driver: new SlowDriver() });
  await lab.control.setQuirks({ earlyTerminate: "accept" });
  const id = await lab.launched();
  await lab.api.call("POST", "/instance-operations/terminate", { body: { instance_ids: [id] } });
  release();
  await lab.control.advance(100);
  expect([lab.driver.created, lab.driver.removed]).toEqual([[id], [id]]);
  expect(await lab.driver.list()).toEqual([]);
});

test("machines that no instance stands for are removed at start", async () => {
  const driver = new MemoryDriver();
  const spec = { id: "1ab0dead", lab: "test", hostname: "x", publicAddress: "127.20.0.99" };
  await driver.create({ ...spec, authorizedKeys: [], gpus: { count: 0, model: "" }, fileSystems: [] });
  await testCloud({ driver });
  expect(await driver.list()).toEqual([]);
});

test("with time running, a machine's end is noticed without anybody asking", async () => {
  const lab = await testCloud({ speed: 1000 });
  const id = await lab.launched();
  await expect.poll(async () => (await lab.instance(id)).status, { timeout: 60_000 }).toBe("active");
  lab.driver.kill(id);
  await expect
    .poll(() => lab.lines.join("\n"), { timeout: 60_000, interval: 100 })
    .toContain("active → unhealthy: its machine is stopped");
});

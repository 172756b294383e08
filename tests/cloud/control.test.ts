import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { mayControl } from "../../lab/cloud/control/serve.ts";
import { LabClock } from "../../lab/cloud/store/clock.ts";
import { testCloud } from "./support/cloud.ts";

test("reset empties the account and removes the machines", async () => {
  const lab = await testCloud();
  await lab.launched();
  await lab.control.addFault({ effect: { kind: "drop" } });
  await lab.control.reset("again");
  expect(await lab.driver.list()).toEqual([]);
  expect(await lab.control.state()).toMatchObject({ instances: [], sshKeys: [], seed: "again" });
  expect(await lab.control.faults()).toEqual([]);
  expect(await lab.control.journal()).toEqual([]);
});

test("a seed makes ids repeat", async () => {
  const lab = await testCloud();
  await lab.control.reset("s");
  await lab.control.setLimits({ enforced: false });
  const first = await lab.launched();
  await lab.control.reset("s");
  await lab.control.setLimits({ enforced: false });
  expect(await lab.launched()).toBe(first);
  await lab.control.seed("other");
  expect(await lab.launched()).not.toBe(first);
});

test("invalid commands are refused with the reason, unknown ones with 404", async () => {
  const { control, cloud } = await testCloud();
  await expect(control.setCapacity({ gpu_9x: {} })).rejects.toThrow(/gpu_9x: no such instance type/);
  await expect(control.setCapacity({ gpu_1x_a10: { mars: {} } })).rejects.toThrow(/mars: no such region/);
  await expect(control.setSpeed(-1)).rejects.toThrow(/400: speed/);
  await expect(control.force("none", "active")).rejects.toThrow(/404/);
  const answer = await fetch(cloud.url.replace("/api/v1", "/_lab/nothing"));
  expect(answer.status).toBe(404);
  expect((await fetch(cloud.url.replace("/api/v1", "/elsewhere"))).status).toBe(404);
});

test("control commands are accepted from this machine, and from others with a key only", () => {
  const from = (remoteAddress: string, localAddress: string, authorization?: string) =>
    mayControl({ socket: { remoteAddress, localAddress }, headers: { authorization } } as IncomingMessage, [
      "key",
    ]);
  expect(from("127.0.0.1", "127.0.0.1")).toBe(true);
  expect(from("::ffff:127.0.0.1", "::ffff:127.0.0.1")).toBe(true);
  expect(from("::1", "::1")).toBe(true);
  expect(from("10.213.1.1", "10.213.1.1")).toBe(true);
  expect(from("10.213.1.5", "10.213.1.1")).toBe(false);
  expect(from("10.213.1.5", "10.213.1.1", "Bearer wrong")).toBe(false);
  expect(from("10.213.1.5", "10.213.1.1", "Bearer key")).toBe(true);
});

test("the clock runs at its speed, advances on command and never goes back after a restart", () => {
  let real = 1_000_000;
  const clock = new LabClock(30, 0, () => real);
  const start = clock.now();
  real += 1000;
  expect(clock.now() - start).toBe(30_000);
  clock.setSpeed(0);
  real += 5000;
  expect(clock.now() - start).toBe(30_000);
  clock.advance(10);
  expect(clock.now() - start).toBe(40_000);
  expect(new LabClock(1, clock.now(), () => real).now()).toBe(clock.now());
});

test("speed changes on the run", async () => {
  const { control } = await testCloud();
  await control.setSpeed(0);
  const before = await control.clock();
  expect((await control.clock()).now).toBe(before.now);
  await control.setSpeed(100);
  expect((await control.clock()).speed).toBe(100);
});

test("a file system holds what it is said to hold", async () => {
  const { api, control } = await testCloud();
  const { json } = await api.call("POST", "/filesystems", { body: { name: "files", region: "us-west-1" } });
  expect(json.data?.bytes_used).toBe(0);
  await control.setBytesUsed(String(json.data?.id), 7);
  expect((await api.call("GET", "/file-systems")).json.data).toMatchObject([
    { name: "files", bytes_used: 7 },
  ]);
  await expect(control.setBytesUsed("none", 7)).rejects.toThrow(/404/);
});

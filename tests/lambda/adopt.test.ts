import { expect, test } from "vitest";
import { type Account, account } from "./support/account.ts";
import { Engine } from "./support/engine.ts";
import { initFailed } from "./support/flows.ts";

async function running(names: string[]) {
  const at = await account();
  const ids: string[] = [];
  for (const name of names) ids.push(await at.cloud.launched({ name, hostname: name }));
  await at.cloud.control.advance(600);
  await at.cloud.control.clearJournal();
  const touched = async () =>
    (await at.cloud.control.journal()).filter((entry) => entry.kind === "request" && entry.method !== "GET");
  return { ...at, ids, touched };
}

test("L3 a host is adopted by id and by name, refreshed and forgotten, and never touched", async () => {
  const { cloud, ids, touched, alive } = await running(["backend", "frontend"]);
  const engine = new Engine(cloud);
  expect((await engine.run("up", { inputs: { adopt: { name: "frontend" } } })).outcome).toBe("done");
  expect(engine.row).toMatchObject({ id: ids[1], outs: { adopted: true, hostname: "frontend", gpus: 1 } });
  expect((await engine.run("up", { inputs: { adopt: { id: ids[1] } } })).outcome).toBe("done");
  expect((await engine.run("up", { inputs: { adopt: { id: ids[0] } } })).outcome).toBe("done");
  expect(engine.row).toMatchObject({ id: ids[0], outs: { adopted: true } });
  expect((await engine.run("refresh")).outcome).toBe("done");
  expect((await engine.run("destroy")).outcome).toBe("done");
  expect(await touched()).toEqual([]);
  expect(await alive()).toBe(2);
});

test("L3 nothing to adopt, or more than one of that name: refused with what there is", async () => {
  const { cloud, ids, touched } = await running(["twin", "twin"]);
  const engine = new Engine(cloud);
  const none = await engine.run("up", { inputs: { adopt: { id: "ffff" } } });
  expect(String(none.outcome)).toMatch(/no running instance with id ffff to adopt.*twin/);
  const two = await engine.run("up", { inputs: { adopt: { name: "twin" } } });
  expect(String(two.outcome)).toMatch(/2 running instances have name "twin": adopt by id/);
  for (const id of ids) expect(String(two.outcome)).toContain(id);
  expect(await touched()).toEqual([]);
});

test.each([
  ["id", async (id: string) => ({ id })],
  ["name", async () => ({ name: "host" })],
  [
    "the name that somebody gave it since",
    async (id: string, { cloud }: Account) => {
      await cloud.api.call("POST", `/instances/${id}`, { body: { name: "www" } });
      return { name: "www" };
    },
  ],
])("L3 a launched host that is to be adopted by %s is neither replaced nor terminated", async (_, meant) => {
  const at = await account();
  const engine = new Engine(at.cloud);
  await engine.run("up");
  const id = engine.row?.id ?? "";
  const inputs = { adopt: await meant(id, at) };
  expect((await engine.run("up", { inputs })).outcome).toBe("done");
  expect(engine.row).toMatchObject({ id, outs: { adopted: true } });
  const again = await engine.run("up", { inputs });
  expect(again).toMatchObject({ outcome: "done", requests: [] });
  await engine.run("destroy");
  expect(await at.alive()).toBe(1);
  expect(await at.launched()).toBe(1);
});

test("L3 an adopted host that was renamed by hand is the same host under its new name", async () => {
  const { cloud, ids } = await running(["backend"]);
  const engine = new Engine(cloud);
  await engine.run("up", { inputs: { adopt: { name: "backend" } } });
  await cloud.api.call("POST", `/instances/${ids[0]}`, { body: { name: "k3s" } });
  expect((await engine.run("up", { inputs: { adopt: { name: "k3s" } } })).outcome).toBe("done");
  expect(engine.row).toMatchObject({ id: ids[0], outs: { adopted: true, name: "k3s" } });
  expect(engine.replacements).toBe(0);
});

test.each([
  ["id", false],
  ["name", false],
  ["name and renamed", true],
])(
  "L3 a launched host that was adopted by %s stays when another one is adopted and all is destroyed",
  async (by, renamed) => {
    const { cloud, alive } = await account();
    const engine = new Engine(cloud);
    await engine.run("up");
    const id = engine.row?.id ?? "";
    await engine.run("up", { inputs: { adopt: by === "id" ? { id } : { name: "host" } } });
    if (renamed) await cloud.api.call("POST", `/instances/${id}`, { body: { name: "www" } });
    await cloud.launched({ name: "foreign", hostname: "foreign" });
    await cloud.control.advance(600);
    expect((await engine.run("up", { inputs: { adopt: { name: "foreign" } } })).outcome).toBe("done");
    expect(engine.row?.id).not.toBe(id);
    const { outcome, lines } = await engine.run("destroy");
    expect(outcome).toBe("done");
    const warning = expect.stringMatching(new RegExp(`^warning: www \\(${id}\\) was launched .*"host"`));
    expect(lines.filter((line) => line.startsWith("warning:"))).toEqual(renamed ? [warning] : []);
    expect(await alive()).toBe(2);
  },
);

test("L3 a half-made host that is to be adopted is waited for, and has its address", async () => {
  const { cloud, alive, launched } = await account();
  const engine = new Engine(cloud);
  await initFailed(engine);
  const id = engine.row?.id;
  expect((await engine.run("up", { inputs: { adopt: { id } } })).outcome).toBe("done");
  const address = expect.stringMatching(/^127\./);
  expect(engine.row).toMatchObject({ id, outs: { adopted: true, ready: true, address } });
  await engine.run("destroy");
  expect(await alive()).toBe(1);
  expect(await launched()).toBe(1);
});

test("L3 an adopted host that is to be launched from now on is let go, and another one is launched", async () => {
  const { cloud, ids, alive } = await running(["old"]);
  const engine = new Engine(cloud);
  await engine.run("up", { inputs: { adopt: { id: ids[0] } } });
  expect((await engine.run("up")).outcome).toBe("done");
  expect(engine.row?.id).not.toBe(ids[0]);
  expect(await alive()).toBe(2);
});

test("a host that is gone is noticed by refresh, and up launches another; drift of its name is mended", async () => {
  const { cloud, launched } = await account();
  const engine = new Engine(cloud);
  await engine.run("up");
  const id = engine.row?.id ?? "";
  await cloud.api.call("POST", `/instances/${id}`, { body: { name: "renamed by hand" } });
  await engine.run("refresh");
  expect(engine.row?.outs.name).toBe("renamed by hand");
  await engine.run("up");
  expect(engine.row).toMatchObject({ id, outs: { name: "host" } });
  expect((await cloud.instance(id)).name).toBe("host");
  await cloud.control.force(id, "preempted");
  await engine.run("refresh");
  expect(engine.row).toBeUndefined();
  expect((await engine.run("up")).outcome).toBe("done");
  expect(await launched()).toBe(2);
});

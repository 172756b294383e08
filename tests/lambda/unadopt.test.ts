import { expect, test } from "vitest";
import { type Account, account } from "./support/account.ts";
import { Engine } from "./support/engine.ts";

/** A launched host, then adopted. */
async function adoptedOwn(by: "id" | "name") {
  const at = await account();
  const engine = new Engine(at.cloud);
  await engine.run("up");
  const id = engine.row?.id ?? "";
  const adopt = by === "id" ? { id } : { name: "host" };
  expect((await engine.run("up", { inputs: { adopt } })).outcome).toBe("done");
  return { at, engine, id };
}

const statusOf = async ({ cloud }: Account, id: string) => (await cloud.instance(id)).status;

const rotated = async ({ cloud }: Account) => {
  await cloud.api.call("POST", "/ssh-keys", { body: { name: "k2", public_key: "ssh-ed25519 AAAA" } });
  return { sshKeyName: "k2" };
};
const changes = [
  ["nothing else changed", async () => ({})],
  ["another image", async () => ({ imageFamily: "lambda-stack-24-04" })],
  ["another SSH key", rotated],
] as const;

test.each(changes.flatMap(([what, inputs]) => (["id", "name"] as const).map((by) => ({ what, by, inputs }))))(
  "L3 a launched host that was adopted by $by keeps running when it is no longer adopted: $what",
  async ({ by, inputs }) => {
    const { at, engine, id } = await adoptedOwn(by);
    const again = await engine.run("up", { inputs: await inputs(at) });
    expect(again.outcome).toBe("done");
    expect(again.lines).toContainEqual(
      expect.stringMatching(new RegExp(`host \\(${id}\\) .* keeps running`)),
    );
    expect(engine.row?.id).not.toBe(id);
    expect(await statusOf(at, id)).toBe("active");
    expect((await engine.run("destroy")).outcome).toBe("done");
    expect(await statusOf(at, id)).toBe("active");
    expect(await at.alive()).toBe(1);
  },
);

test("L3 the same where another host was adopted in between", async () => {
  const { at, engine, id } = await adoptedOwn("id");
  await at.cloud.launched({ name: "foreign", hostname: "foreign" });
  await at.cloud.control.advance(600);
  await engine.run("up", { inputs: { adopt: { name: "foreign" } } });
  expect((await engine.run("up", { inputs: { userData: "#cloud-config\n" } })).outcome).toBe("done");
  expect(await statusOf(at, id)).toBe("active");
  await engine.run("destroy");
  expect(await statusOf(at, id)).toBe("active");
  expect(await at.alive()).toBe(2);
});

test("L3 the same where somebody gave it another name", async () => {
  const { at, engine, id } = await adoptedOwn("name");
  await at.cloud.api.call("POST", `/instances/${id}`, { body: { name: "www" } });
  expect((await engine.run("up", { inputs: { userData: "#cloud-config\n" } })).outcome).toBe("done");
  await engine.run("destroy");
  expect(await statusOf(at, id)).toBe("active");
  expect(await at.alive()).toBe(1);
});

test("L5 what a killed launch left is found beside a host that was adopted before, also by its lost reply", async () => {
  const { at, engine, id } = await adoptedOwn("name");
  await at.cloud.control.addFault({ operation: "launchInstance", when: "after", effect: { kind: "drop" } });
  expect((await engine.run("up")).outcome).toBe("done");
  expect(await at.cloud.control.faults()).toEqual([]);
  expect(engine.row?.id).not.toBe(id);
  expect(await at.alive()).toBe(2);
  await engine.run("destroy");
  expect(await at.alive()).toBe(1);
  expect(await statusOf(at, id)).toBe("active");
});

test("L3 a host is not terminated for the adoption of one that does not exist, and goes with the stack", async () => {
  const at = await account();
  const engine = new Engine(at.cloud);
  await engine.run("up");
  const id = engine.row?.id;
  expect((await engine.run("up", { inputs: { adopt: { id: "ffff" } } })).outcome).toBeInstanceOf(Error);
  expect((await engine.run("up")).outcome).toBe("done");
  expect(await at.alive()).toBe(1);
  expect(engine.row?.id).toBe(id);
  await engine.run("destroy");
  expect(await at.alive()).toBe(0);
});

test("L3 a launched host that another host of the settings adopts is not terminated with its old name", async () => {
  const at = await account();
  const [before, after] = [new Engine(at.cloud), new Engine(at.cloud)];
  await before.run("up");
  const id = before.row?.id ?? "";
  const adopt = { id };
  expect((await after.run("up", { inputs: { adopt }, adoptions: [adopt] })).outcome).toBe("done");
  for (const engine of [before, after]) {
    expect((await engine.run("destroy", { adoptions: [adopt] })).outcome).toBe("done");
    expect(await statusOf(at, id)).toBe("active");
  }
});

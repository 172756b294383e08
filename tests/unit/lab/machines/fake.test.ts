import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { sshRefusal } from "../../../../lab/machines/banner.ts";
import type { MachineSpec } from "../../../../lab/machines/driver.ts";
import { FakeDriver } from "../../../../lab/machines/fake.ts";

const spec: MachineSpec = {
  id: "1ab00000000000000000000000000002",
  lab: "try",
  hostname: "backend",
  publicAddress: "127.20.250.12",
  authorizedKeys: [],
  gpus: { count: 0, model: "" },
  fileSystems: [],
};

const drivers: FakeDriver[] = [];
const fake = (...options: ConstructorParameters<typeof FakeDriver>) => {
  const driver = new FakeDriver(...options);
  drivers.push(driver);
  return driver;
};
afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close();
});

describe("the fake driver", () => {
  test("creates once, however often it is asked", async () => {
    let now = 1;
    const driver = fake({ now: () => now++ });
    const first = await driver.create(spec);
    expect(first).toEqual({ id: spec.id, state: "running", privateAddress: "10.213.0.12", startedAt: 1 });
    expect(await driver.create(spec)).toEqual(first);
    expect(await driver.list()).toHaveLength(1);
  });
  test("boots when told to, and again after a restart", async () => {
    const driver = fake({ slowBoot: true });
    expect((await driver.create(spec)).state).toBe("booting");
    driver.finishBoot(spec.id);
    expect((await driver.inspect(spec.id))?.state).toBe("running");
    await driver.restart(spec.id);
    expect((await driver.inspect(spec.id))?.state).toBe("booting");
    driver.kill(spec.id);
    expect((await driver.inspect(spec.id))?.state).toBe("stopped");
    expect(await driver.logs(spec.id)).toContain("stopped");
  });
  test("what it returns is a copy: changing it changes no machine", async () => {
    const driver = fake();
    (await driver.create(spec)).state = "stopped";
    expect((await driver.inspect(spec.id))?.state).toBe("running");
  });
  test("fails once when asked to, and then not again", async () => {
    const driver = fake();
    driver.failNext(new Error("disk full"));
    await expect(driver.create(spec)).rejects.toThrow("disk full");
    expect(await driver.list()).toEqual([]);
    await driver.create(spec);
    expect(driver.spec(spec.id)).toEqual(spec);
  });
  test("removing what is not there is no error; using it is", async () => {
    const driver = fake();
    await driver.remove("nobody");
    await expect(driver.restart("nobody")).rejects.toThrow("machine nobody does not exist");
  });
  test("answers like an SSH server, until it is removed", async () => {
    const driver = fake({ listen: true, port: 2222 });
    await driver.create(spec);
    expect(await sshRefusal(spec.publicAddress, 2222)).toBeUndefined();
    await driver.remove(spec.id);
    expect(await sshRefusal(spec.publicAddress, 2222)).toContain("ECONNREFUSED");
  });
});

describe("an SSH server is known by its banner", () => {
  const answering = (answer: string | undefined): Promise<{ server: Server; port: number }> =>
    new Promise((resolve) => {
      const server = createServer((socket) => {
        socket.on("error", () => socket.destroy());
        if (answer === undefined) socket.end();
        else if (answer) socket.write(answer);
      });
      server.listen(0, "127.0.0.1", () =>
        resolve({ server, port: (server.address() as { port: number }).port }),
      );
    });
  const cases: [string, string | undefined, RegExp | undefined][] = [
    ["one", "SSH-2.0-OpenSSH_9.2\r\n", undefined],
    ["something else", "x".repeat(300), /a server other than SSH/],
    ["a proxy before a machine that boots", undefined, /closed without an SSH banner/],
    ["silence", "", /no SSH banner within 50 ms/],
  ];
  test.each(cases)("%s", async (_name, answer, refusal) => {
    const { server, port } = await answering(answer);
    const said = await sshRefusal("127.0.0.1", port, 50);
    server.close();
    if (refusal) expect(said).toMatch(refusal);
    else expect(said).toBeUndefined();
  });
});

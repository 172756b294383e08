import { connect } from "node:net";
import { expect, test } from "vitest";
import { testCloud } from "./support/cloud.ts";

test("a response dropped after handling leaves an instance that the client does not know of", async () => {
  const { launch, launched, control } = await testCloud();
  await launched();
  await control.addFault({ operation: "launchInstance", when: "after", effect: { kind: "drop" } });
  await expect(launch()).rejects.toThrow();
  expect((await control.state()).instances).toHaveLength(2);
  await launched();
});

test("a request dropped before handling changes nothing", async () => {
  const { launch, control, launched } = await testCloud();
  await launched();
  await control.addFault({ operation: "launchInstance", effect: { kind: "drop" } });
  await expect(launch()).rejects.toThrow();
  expect((await control.state()).instances).toHaveLength(1);
});

test("other responses: an error with a code, plain text, and an error after the request took effect", async () => {
  const { api, launch, launched, control } = await testCloud();
  await launched();
  const call = () => api.call("GET", "/regions", { offDocument: true });
  await control.addFault({ operation: "listRegions", effect: { kind: "reply", status: 503 } });
  expect(await call()).toMatchObject({
    status: 503,
    json: { error: { code: "provider/internal-unavailable" } },
  });
  await control.addFault({ effect: { kind: "reply", status: 429, text: "error code: 1015" } });
  expect(await call()).toMatchObject({ status: 429, text: "error code: 1015" });
  expect((await call()).status).toBe(200);
  await control.addFault({
    operation: "launchInstance",
    when: "after",
    effect: { kind: "reply", status: 502, text: "<html>bad gateway</html>" },
  });
  // The document knows no 502: where it is at hand, the checked client says so.
  expect(
    await launch().then(
      ({ status }) => `${status}`,
      (error: Error) => error.message,
    ),
  ).toContain("502");
  expect((await control.state()).instances).toHaveLength(2);
});

test("faults count: skip some, hit some, only of their operation", async () => {
  const { api, control } = await testCloud();
  const status = async (path: string) => (await api.call("GET", path, { offDocument: true })).status;
  await control.addFault({
    operation: "listRegions",
    skip: 1,
    next: 2,
    effect: { kind: "reply", status: 500, code: "x", message: "y" },
  });
  expect(await status("/images")).toBe(200);
  expect([await status("/regions"), await status("/regions")]).toEqual([200, 500]);
  expect(await control.faults()).toMatchObject([{ skip: 0, next: 1 }]);
  expect([await status("/regions"), await status("/regions")]).toEqual([500, 200]);
  expect(await control.faults()).toEqual([]);
});

test("a delay affects its own response only, and a cleared fault has no effect", async () => {
  const delays: number[] = [];
  const delayed = Promise.withResolvers<void>();
  const { api, control } = await testCloud({
    delay: (milliseconds) => {
      delays.push(milliseconds);
      return delayed.promise;
    },
  });
  await control.addFault({ operation: "listRegions", effect: { kind: "delay", milliseconds: 200 } });
  let answered = false;
  const slow = api.call("GET", "/regions").finally(() => {
    answered = true;
  });
  await expect.poll(() => delays).toEqual([200]);
  expect((await api.call("GET", "/images")).status).toBe(200);
  expect(answered).toBe(false);
  delayed.resolve();
  expect((await slow).status).toBe(200);
  await control.addFault({ effect: { kind: "drop" } });
  expect(await control.clearFaults()).toEqual([]);
  expect((await api.call("GET", "/regions")).status).toBe(200);
});

test("the observer sees each phase of each request, and the emulator waits for it", async () => {
  const phases: string[] = [];
  let instances = 0;
  const lab = await testCloud({
    onRequest: async (phase, { operation, number }) => {
      await Promise.resolve();
      if (operation !== "launchInstance") return;
      phases.push(`${phase} ${number > 0}`);
      if (phase === "handled") instances = (await lab.control.state()).instances.length;
    },
  });
  await lab.launched();
  expect(instances).toBe(1);
  expect(phases.slice(0, 2)).toEqual(["before true", "handled true"]);
  await lab.cloud.close();
  expect(phases).toEqual(["before true", "handled true", "replied true"]);
});

test("a client that disconnects during its request changes nothing", async () => {
  const { cloud, api, lines, key } = await testCloud();
  const { port, pathname } = new URL(cloud.url);
  await new Promise<void>((resolve, reject) => {
    const socket = connect(Number(port), "127.0.0.1", () => {
      socket.write(
        `POST ${pathname}/ssh-keys HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-length: 100\r\n\r\n{`,
        () => socket.resetAndDestroy(),
      );
    });
    socket.once("close", () => resolve());
    socket.once("error", reject);
  });
  expect((await api.call("GET", "/ssh-keys")).json.data).toEqual([]);
  expect(lines.filter((line) => line.includes("failed"))).toEqual([]);
});

test("the journal tells requests and events in order, without secrets", async () => {
  const lab = await testCloud();
  const id = await lab.launched({ user_data: "abc", name: "n" });
  await lab.control.advance(240);
  const entries = await lab.control.journal();
  const launch = entries.find((entry) => entry.kind === "request" && entry.operation === "launchInstance");
  expect(launch).toMatchObject({ status: 200, body: { name: "n", user_data: "(3 characters)" } });
  expect(entries).toContainEqual(
    expect.objectContaining({ kind: "lifecycle", instance: id, what: "booting → active" }),
  );
  expect(JSON.stringify(entries)).not.toContain(lab.key);
  const last = entries.at(-1)?.number ?? 0;
  expect(await lab.control.journal(last)).toEqual([]);
  await lab.control.clearJournal();
  expect(await lab.control.journal()).toEqual([]);
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { alive, bridged } from "../../../../mcp/catalog/vendorCommands.ts";
import { connect, probe } from "../../../../mcp/check/probe.ts";
import { repository } from "../../../../tools/repository.ts";
import { freePort } from "../../../support/servers/ports.ts";

const program = join(repository, "tests/support/servers/mcp/stdio.ts");

/** The real bridge, as a pod starts it, with a child that hangs when it is told to. */
async function bridge(port?: number) {
  port ??= await freePort();
  const alivePort = await freePort();
  const [, ...args] = bridged([process.execPath, program], port).map((word) =>
    word === String(alive.port)
      ? String(alivePort)
      : word.replace("/app/mcp/vendor", `${repository}/mcp/vendor`),
  );
  const running = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  let said = "";
  for (const stream of [running.stdout, running.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  // With its child, which would outlive it.
  onTestFinished(() => {
    if (running.pid !== undefined && running.exitCode === null) process.kill(-running.pid, "SIGKILL");
  });
  const asked = async (url: string) => (await fetch(`http://127.0.0.1:${url}`)).status;
  const health = { alive: () => asked(`${alivePort}${alive.path}`), ping: () => asked(`${port}/ping`) };
  await waitFor({ what: "the bridge", deadline: 240, interval: 0.1 }, async () => {
    if (running.exitCode !== null) throw new Error(`it ended: ${said}`);
    return (await health.alive().catch(() => 0)) === 200 ? true : notYet(said);
  });
  const { client, close } = await connect({ url: `http://127.0.0.1:${port}/mcp`, era: "2026-07-28" });
  onTestFinished(close);
  const call = (name: string) => {
    client.callTool({ name, arguments: {} }).catch(() => undefined);
  };
  return { running, health, call, client, port };
}

test("M2 a bridged program that hangs is found, although the bridge's own health path reports success", async () => {
  const { health, call } = await bridge();
  call("hang");
  await waitFor({ what: "the silence to be noticed", deadline: 120, interval: 0.2 }, async () => {
    const status = await health.alive();
    return status === 503 ? true : notYet(`status ${status}`);
  });
  expect(await health.ping()).toBe(200);
});

test("M2 a slow call does not restart the program", async () => {
  const { health, call, client } = await bridge();
  call("wait");
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["hang", "wait"]);
  expect(await health.alive()).toBe(200);
});

test("W3 the bridge ends on SIGTERM, also while its health port is open", async () => {
  const { running } = await bridge();
  const ended = once(running, "exit");
  running.kill("SIGTERM");
  await ended;
});

test("M2 W3 when the pod is replaced a client of 2026-07-28 goes on, and one of 2025-11-25 is told to begin a new session", async () => {
  const { running, port } = await bridge();
  const url = `http://127.0.0.1:${port}/mcp`;
  const [older, newer] = await Promise.all([
    connect({ url, era: "2025-11-25" }),
    connect({ url, era: "2026-07-28" }),
  ]);
  onTestFinished(async () => void (await Promise.all([older.close(), newer.close()])));
  const ended = once(running, "exit");
  running.kill("SIGTERM");
  await ended;
  await bridge(port);
  expect((await newer.client.listTools()).tools).toHaveLength(2);
  // With status 404, which the protocol has for this.
  await expect(older.client.listTools()).rejects.toMatchObject({ status: 404 });
  expect(await probe({ url, era: "2025-11-25" })).toMatchObject({ ready: true, tools: ["hang", "wait"] });
});

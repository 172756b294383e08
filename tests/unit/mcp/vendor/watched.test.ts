import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { alive, watched } from "../../../../mcp/catalog/vendorCommands.ts";
import { probe } from "../../../../mcp/check/probe.ts";
import { repository } from "../../../../tools/repository.ts";
import { freePort } from "../../../support/servers/ports.ts";

/** A program of `tests/support/servers/mcp` as a pod starts it, on this machine's ports. */
async function started(name = "sessions") {
  const [port, alivePort] = [await freePort(), await freePort()];
  const command = watched(["node", join(repository, `tests/support/servers/mcp/${name}.ts`)], port);
  const [, ...args] = [...command, "--port", String(port)].map((word) =>
    word === String(alive.port)
      ? String(alivePort)
      : word.replace("/app/mcp/vendor", `${repository}/mcp/vendor`),
  );
  // A group of its own, so that the program ends with its wrapper.
  const running = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  let said = "";
  for (const stream of [running.stdout, running.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  onTestFinished(() => {
    if (running.pid !== undefined) process.kill(-running.pid, "SIGKILL");
  });
  const ask = (path: string, patience = 20_000) =>
    fetch(`http://127.0.0.1:${alivePort}${path}`, { signal: AbortSignal.timeout(patience) });
  const program = (path: string, method = "GET") => fetch(`http://127.0.0.1:${port}${path}`, { method });
  await waitFor({ what: "the program", deadline: 240, interval: 0.1 }, async () => {
    if (running.exitCode !== null) throw new Error(`it ended: ${said}`);
    return (await ask(alive.path).catch(() => undefined))?.status === 200 ? true : notYet(said);
  });
  return { ask, program, url: `http://127.0.0.1:${port}/mcp` };
}

test("M2 a program without a health path is probed by a session, and keeps none of these sessions", async () => {
  const { ask, program } = await started();
  for (let times = 0; times < 5; times += 1) expect((await ask(alive.path)).status).toBe(200);
  expect(await (await program("/sessions")).json()).toEqual({
    open: 0,
    arguments: ["--port", expect.stringMatching(/^\d+$/)],
  });
  expect((await ask("/other")).status).toBe(404);
});

test("M2 one that accepts no session is unhealthy, with the reason", async () => {
  const { ask, program } = await started();
  await program("/refuse", "POST");
  const answer = await ask(alive.path);
  expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining("no more")]);
});

test("M2 M4 a program that knows no `initialize` is healthy", async () => {
  const { ask, url } = await started("withoutSessions");
  expect(await probe({ url, era: "2025-11-25" })).toMatchObject({ ready: false });
  expect(await probe({ url, era: "2026-07-28" })).toEqual({ ready: true, tools: ["ping"] });
  expect((await ask(alive.path)).status).toBe(200);
});

test.each(["sessions", "withoutSessions"])(
  "M2 one whose process is blocked is unhealthy: %s",
  async (name) => {
    const { ask, program } = await started(name);
    await program("/hang", "POST");
    await waitFor({ what: "its liveness to fail", deadline: 120, interval: 0.1 }, async () => {
      const { status } = await ask(alive.path);
      return status === 503 || notYet(`status ${status}`);
    });
  },
);

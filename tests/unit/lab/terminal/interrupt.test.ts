import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { identify } from "../../../../lab/state/process.ts";
import { repository } from "../../../../tools/repository.ts";

/** A command as `make up` is one: at work with a program that a terminal's Ctrl-C must not reach twice. */
function command(program: string) {
  const folder = mkdtempSync(join(tmpdir(), "lab-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const code = `
    import { interruptible } from "${repository}/tools/interrupt.ts";
    import { run } from "${repository}/tools/exec.ts";
    const signal = interruptible();
    const onLine = (line) => console.log(line);
    await run("sh", ["-c", process.argv[1]], { shielded: true, signal, onLine }).catch((error) => {
      console.log(error.message);
      process.exitCode = 130;
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code, program], {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const interrupt = (signal: NodeJS.Signals = "SIGINT") => process.kill(-(child.pid ?? 0), signal);
  return { said: () => said, ended, interrupt };
}

const patience = { timeout: 60_000 };

test.each(["SIGINT", "SIGHUP", "SIGTERM"] as const)(
  "after %s the work ends in its own order",
  async (signal) => {
    const { said, ended, interrupt } = command(
      "trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.05; done",
    );
    await expect.poll(said, patience).toContain("ready");
    interrupt(signal);
    expect(await ended).toBe(130);
    expect(said()).toMatch(/tidied\n.*stopped: interrupted; run the command again/);
  },
);

test("a second Ctrl-C waits with a word, a third leaves nothing running", async () => {
  const { said, ended, interrupt } = command("trap : TERM; echo ready $$; while :; do sleep 0.05; done");
  await expect.poll(said, patience).toContain("ready");
  interrupt();
  await expect.poll(said, patience).toContain("waiting for operations in progress");
  interrupt();
  await expect.poll(said, patience).toContain("press Ctrl-C once more to stop at once");
  const pid = Number(/ready (\d+)/.exec(said())?.[1]);
  expect(await identify(pid)).toBeDefined();
  interrupt();
  expect(await ended).toBe(130);
  await expect.poll(() => identify(pid), patience).toBeUndefined();
});

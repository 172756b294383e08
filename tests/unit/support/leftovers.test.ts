import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { alive, identify } from "../../../lab/state/process.ts";
import { endLeftovers } from "../../support/leftovers.ts";

/** A process that says when it is ready. */
async function started(temporary: string, code: string) {
  const child = spawn(
    process.execPath,
    ["-e", `${code}; console.log("ready"); setInterval(() => {}, 1000)`],
    {
      env: { ...process.env, TMPDIR: temporary },
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  const id = await identify(child.pid ?? 0);
  if (!id) throw new Error("it has ended");
  return id;
}

test.skipIf(process.platform !== "linux")(
  "what an interrupted run left running is ended, also if it ignores signals, and nothing of another run (Linux only)",
  async () => {
    const run = `/nowhere/run-${process.pid}`;
    const ours = [await started(run, ""), await started(run, 'process.on("SIGTERM", () => {})')];
    const others = await started(`${run}0`, "");
    expect(await endLeftovers(run, 1)).toBe(2);
    expect(await Promise.all([...ours, others].map(alive))).toEqual([false, false, true]);
  },
);

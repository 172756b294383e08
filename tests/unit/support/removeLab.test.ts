import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { files, labOf } from "../../../lab/lab.ts";
import { LabBusy, withLock } from "../../../lab/state/lock.ts";
import { identify } from "../../../lab/state/process.ts";
import { repository } from "../../../tools/repository.ts";
import { removeLab } from "../../support/run/removeLab.ts";

function emptyLab() {
  const root = mkdtempSync(join(tmpdir(), "lab-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const lab = labOf({ LAB: "test-removal", LAB_ROOT: root });
  mkdirSync(lab.folder);
  const said: string[] = [];
  let refused = 0;
  /** As `lab/cli.ts down`: 1 while another command holds the lock. */
  const down = () =>
    withLock(files(lab).lock, "down", async () => 0).catch((error) => {
      if (!(error instanceof LabBusy)) throw error;
      refused += 1;
      return 1;
    });
  return { lab, said, say: (line: string) => said.push(line), down, refused: () => refused };
}

/** A process that holds the lab's lock as `make up` does, in a group of its own; `work` says "holds it" when it is ready. */
async function commandAtWork(lock: string, work: string) {
  const code = `
    import { interruptible } from "${repository}/tools/interrupt.ts";
    import { withLock } from "${repository}/lab/state/lock.ts";
    import { run } from "${repository}/tools/exec.ts";
    await withLock(process.argv[1], "up", async () => { ${work} });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code, lock], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pid = child.pid ?? 0;
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  const ended = once(child, "exit");
  await expect.poll(() => output, { timeout: 60_000 }).toContain("holds it");
  return { pid, output: () => output, signal: async () => (await ended)[1] };
}

const orderly = `
  const signal = interruptible();
  console.log("holds it");
  await run("sleep", ["600"], { shielded: true, signal }).catch((error) => console.log(error.message));`;
const deaf = `
  process.on("SIGINT", () => {});
  console.log("holds it");
  await new Promise(() => setInterval(() => {}, 1000));`;

test("a command that is still using the run's lab is interrupted before the lab is removed", async () => {
  const { lab, said, say, down, refused } = emptyLab();
  const up = await commandAtWork(files(lab).lock, orderly);
  expect(await removeLab(lab, down, say)).toBeUndefined();
  expect(await identify(up.pid)).toBeUndefined();
  await expect.poll(up.output, { timeout: 60_000 }).toContain("interrupted");
  expect(said).toEqual([`ended \`make up\` (process ${up.pid}), which was using the lab test-removal`]);
  expect([refused(), existsSync(lab.folder), existsSync(files(lab).lock)]).toEqual([0, false, false]);
});

test("a command that ignores the interrupt is killed", async () => {
  const { lab, say, down } = emptyLab();
  const up = await commandAtWork(files(lab).lock, deaf);
  expect(await removeLab(lab, down, say, 0.5)).toBeUndefined();
  expect(await up.signal()).toBe("SIGKILL");
  expect(await identify(up.pid)).toBeUndefined();
});

test("where the lab cannot be removed, its folder stays and the command that removes it is named", async () => {
  const { lab, say } = emptyLab();
  const why = await removeLab(lab, async () => 1, say);
  expect(why).toContain("LAB=test-removal make down");
  expect(existsSync(lab.folder)).toBe(true);
  expect(await removeLab(lab, () => Promise.reject(new Error("no docker")), say)).toContain("no docker");
});

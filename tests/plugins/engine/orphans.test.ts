import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { removeDeadLocks } from "../../../lab/pulumi/locks.ts";
import { backendUrl } from "../../../lab/pulumi/toolchain.ts";
import { endProcess, withVariable } from "../../../lab/state/process.ts";
import { brief } from "../events.ts";
import { interruptible, type Program, runProgram } from "../harness.ts";
import { worldOf } from "./world.ts";

const programs = join(import.meta.dirname, "../programs");

/** All processes of a stack: the CLI, the language host, the program, providers and policy packs. */
const processesOf = (stack: Program) => withVariable("PULUMI_BACKEND_URL", backendUrl(stack.state));

const commandOf = async (pid: number): Promise<string> =>
  (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ").trim();

const nothingRuns = (stack: Program) =>
  waitFor({ what: "the end of all processes of the stack", deadline: 240, interval: 0.1 }, async () => {
    const left = await Promise.all((await processesOf(stack)).map(({ pid }) => commandOf(pid)));
    return left.length === 0 || notYet(left.join("\n"));
  });

/** What each kind of process has in its command line. */
const kinds = {
  language: "language/main.ts",
  program: "/cmd/run/",
  policies: "programs/policy 127.0.0.1:",
  dynamic: "/cmd/dynamic-provider/",
};

/** An update in whose middle a provider waits, with one process of each kind. */
async function inTheMiddle() {
  const stack = await runProgram({ program: join(programs, "dynamic"), secrets: { password: "a b c" } });
  onTestFinished(async () => {
    await Promise.all((await processesOf(stack)).map((id) => endProcess(id)));
  });
  const { folder, journal, inTheMiddle: waits, release } = worldOf(stack);
  const interrupt = interruptible();
  const up = stack.up({
    config: { folder, host: "one", fail: "wait" },
    policyPacks: [join(programs, "policy")],
    interrupt: interrupt.promise,
  });
  await waits();
  const commands = new Map(
    await Promise.all(
      (await processesOf(stack)).map(async ({ pid }) => [await commandOf(pid), pid] as const),
    ),
  );
  const pids = Object.entries(kinds).map(([kind, part]) => {
    const found = [...commands].filter(([command]) => command.includes(part));
    expect(found, `${part} in:\n${[...commands.keys()].join("\n")}`).toHaveLength(1);
    return [kind, Number(found[0]?.[1])];
  });
  return {
    stack,
    up,
    journal,
    release,
    kill: interrupt.now,
    pids: Object.fromEntries(pids) as Record<keyof typeof kinds, number>,
  };
}

test("a CLI that is killed leaves no process, and the next update goes on alone", async () => {
  const { stack, up, journal, kill } = await inTheMiddle();
  kill("SIGKILL");
  expect((await up).code).not.toBe(0);
  await nothingRuns(stack);

  expect(await removeDeadLocks(stack.state)).toHaveLength(1);
  const next = await stack.up({ config: { fail: "" } });
  expect(next.code, next.stdout + next.stderr).toBe(0);
  expect(brief(next.steps)).toContain("create service");
  expect(journal().filter((line) => line.startsWith("create service"))).toEqual(["create service on one"]);
});

test("a CLI and a language host that are killed together leave no process", async () => {
  const { stack, up, pids, kill } = await inTheMiddle();
  process.kill(pids.language, "SIGKILL");
  kill("SIGKILL");
  expect((await up).code).not.toBe(0);
  await nothingRuns(stack);
});

test("a language host that is killed leaves no process once the CLI has ended", async () => {
  const { stack, up, pids, release } = await inTheMiddle();
  process.kill(pids.language, "SIGKILL");
  await release();
  expect((await up).code).not.toBe(0);
  await nothingRuns(stack);
});

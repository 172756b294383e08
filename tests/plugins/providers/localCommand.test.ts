import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { removeDeadLocks } from "../../../lab/pulumi/locks.ts";
import { brief } from "../events.ts";
import { interruptible, runProgram } from "../harness.ts";

const program = join(import.meta.dirname, "../programs/local");
const token = `token-${randomBytes(4).toString("hex")}`;

async function start(config: Record<string, unknown> = {}) {
  const stack = await runProgram({ program, secrets: { token } });
  const file = join(stack.dir, "journal");
  const lines = () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []);
  return { stack, file, lines, first: () => stack.up({ config: { file, ...config } }) };
}

test("a command creates, updates in place, is replaced by its triggers and runs its delete command", async () => {
  const { stack, file, first, lines } = await start();
  const preview = await stack.preview({ config: { file } });
  expect(brief(preview.steps)).toEqual(["create install", "create configure"]);
  expect(preview.stdout).not.toContain(token);
  expect(preview.stdout).toMatch(/stdin\s*: \[unknown\]/);
  expect(lines()).toEqual([]);

  expect((await first()).code).toBe(0);
  expect(await stack.outputs()).toEqual({
    installed: "install 1",
    noted: "noted",
    configured: "first after install 1",
  });
  expect(brief((await stack.up()).steps)).toEqual([]);
  expect(lines()).toEqual(["install 1"]);

  const changed = await stack.up({ config: { text: "second" } });
  expect(brief(changed.steps)).toEqual(["update configure"]);
  expect(changed.steps.find(({ name }) => name === "configure")?.detailedDiff).toEqual({ stdin: "update" });
  expect((await stack.outputs()).configured).toBe("was first after install 1\nsecond after install 1");

  // No `update` command: `create` runs again.
  await stack.up({ config: { version: "2" } });
  expect(lines()).toEqual(["install 1", "install 2"]);

  const dry = await stack.preview({ config: { trigger: "b" } });
  expect(brief(dry.steps)).toContain("replace install");
  expect(brief(dry.steps)).toContain("update configure");
  expect(dry.stdout).toMatch(/stdin\s*: "second after install 2" => \[unknown\]/);
  const replaced = await stack.up();
  expect(replaced.code).toBe(0);
  expect(replaced.steps.find(({ op }) => op === "replace")?.keys).toEqual(["triggers[0]"]);
  expect(lines().slice(2)).toEqual(["install 2", "remove after [install 2]"]);

  expect((await stack.refresh()).code).toBe(0);
  expect(JSON.stringify(await stack.export())).not.toContain(token);
  expect((await stack.destroy()).code).toBe(0);
  expect(lines().slice(4)).toEqual(["remove after [install 2]"]);
});

test("delete before replace: dependents go first and come last; a command with deletedWith is not deleted separately", async () => {
  const { stack, first, lines } = await start({ deleteFirst: true });
  expect((await first()).code).toBe(0);
  expect(lines()).toEqual(["install 1", "dependent up"]);

  const replaced = await stack.up({ config: { trigger: "b" } });
  expect(replaced.code).toBe(0);
  // The new output is the same, but while the old command is gone nobody knows that.
  expect(lines().slice(2)).toEqual([
    "dependent down",
    "remove after [install 1]",
    "install 1",
    "dependent up",
  ]);

  expect((await stack.destroy()).code).toBe(0);
  expect(lines().slice(6)).toEqual(["dependent down", "remove after [install 1]"]);
  expect((await stack.export()).resources).toEqual([]);
});

test("a failed command reports exit status and output, with configured secrets hidden, and no others; unsupported inputs are refused", async () => {
  const { stack, first } = await start({ fail: true });
  const failed = await first();
  expect(failed.code).not.toBe(0);
  const message = failed.diagnostics.find(({ severity }) => severity === "error")?.message;
  expect(message).toContain("exit status 3");
  // As with the official plugin: what else is secret, a command must not print.
  expect(message).toContain("told: [secret], made by the program");
  expect(JSON.stringify(failed)).not.toContain(token);
  expect((await stack.export()).resources.map(({ urn }) => urn.split("::").at(-1))).toContain("configure");

  const refused = await stack.up({ config: { fail: false, assets: true } });
  expect(refused.code).not.toBe(0);
  expect(refused.stdout).toContain("assetPaths is not supported by the lab");
});

test.each(["SIGINT", "SIGKILL"] as const)(
  "a CLI that ends by %s takes the command and all that it started along",
  async (signal) => {
    const { stack, file } = await start();
    const interrupt = interruptible();
    const up = stack.up({ config: { file, hang: true }, interrupt: interrupt.promise });
    const pid = await waitFor({ what: "the hanging command", deadline: 120, interval: 0.2 }, async () =>
      Number(readFileSync(`${file}.pid`, "utf8")),
    );
    interrupt.now(signal);
    expect((await up).code).not.toBe(0);
    await waitFor({ what: "the end of the process group", deadline: 240, interval: 0.1 }, async () => {
      try {
        process.kill(-pid, 0);
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ESRCH") return true;
      }
      return notYet("it is there");
    });

    // Only a crash leaves the stack locked.
    expect(await removeDeadLocks(stack.state)).toHaveLength(signal === "SIGKILL" ? 1 : 0);
    const next = await stack.up({ config: { hang: false } });
    expect(next.code, next.stdout + next.stderr).toBe(0);
  },
);

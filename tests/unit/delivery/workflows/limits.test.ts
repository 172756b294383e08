import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { parse } from "yaml";
import { programIn, updateLimits } from "../../../../delivery/stack/program.ts";
import { rollback } from "../../../../delivery/stack/rollback.ts";
import { text, workflows } from "./workflows.ts";

test("C1 an update that hangs fails its step, and leaves the job time to roll back", () => {
  const minutes = (file: string, name: string) => {
    const { steps = [], ...job } = workflows.get(file)?.jobs[name] ?? {};
    const running = steps.filter(({ run }) =>
      /cli\.ts (plan|up|scan|verify|rollback|"\$COMMAND")/.test(run ?? ""),
    );
    for (const { run, ...step } of running) expect(step["timeout-minutes"], run).toBeGreaterThan(0);
    const update = running.find(({ run }) => /cli\.ts (up|"\$COMMAND" --stack)/.test(run ?? ""));
    const sum = running.reduce((all, step) => all + (step["timeout-minutes"] ?? 0), 0);
    return { update: update?.["timeout-minutes"] ?? 0, sum, job: job["timeout-minutes"] ?? 0 };
  };
  for (const [file, name] of [
    ["deploy.yml", "deploy"],
    ["on-stack.yml", "run"],
  ] as const) {
    const { update, sum, job } = minutes(file, name);
    // The command ends by itself, in order, before GitHub kills it; the other steps get the rest.
    expect(update, file).toBeGreaterThan(updateLimits.first / 60);
    expect(sum + 10, file).toBeLessThanOrEqual(job);
    expect(job, file).toBeLessThanOrEqual(360);
  }
  const rollback = workflows
    .get("deploy.yml")
    ?.jobs.deploy?.steps?.find(({ run }) => run?.includes("rollback"));
  // Beside its update: the earlier commit's packages, its plan, the verification, and what Pulumi completes after the deadline.
  const [packages, plan, verification, ending] = [6, 8, 5, 5];
  expect(rollback?.["timeout-minutes"]).toBeGreaterThan(
    updateLimits.rollback / 60 + packages + plan + verification + ending,
  );
  expect(rollback?.if).toMatch(/failure\(\).*steps\.update\.outcome == 'failure'/);
});

test("C1 a login outlasts all that runs until the next one", async () => {
  const action = "./.github/actions/pulumi";
  const { inputs } = parse(await text("actions/pulumi/action.yml")) as {
    inputs: Record<string, { default?: string }>;
  };
  const found: string[] = [];
  for (const [file, { jobs }] of workflows) {
    for (const [name, { steps = [], "timeout-minutes": whole = 0 }] of Object.entries(jobs)) {
      const logins = steps.flatMap(({ uses }, index) => (uses === action ? [index] : []));
      for (const [nth, index] of logins.entries()) {
        const until = steps.slice(index + 1, logins[nth + 1]).map((step) => step["timeout-minutes"] ?? 0);
        const limited = until.reduce((all, minutes) => all + minutes, 0);
        // Steps without a limit of their own take seconds beside those that have one, or the job's time.
        const minutes = limited > 0 ? limited + 10 : whole;
        const seconds = steps[index]?.with?.["token-expiration"] ?? inputs["token-expiration"]?.default;
        expect(Number(seconds), `${file} ${name}`).toBeGreaterThanOrEqual(minutes * 60);
        found.push(file);
      }
    }
  }
  expect(new Set(found)).toEqual(new Set(["deploy.yml", "on-stack.yml", "pull-request.yml", "watch.yml"]));
});

test("C1 a roll-back of a stack without hosts is ended in order before its step's limit", async () => {
  const made = mkdtempSync(join(tmpdir(), "sophia-limits-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  const [folder, binary, told] = [join(made, "checkout"), join(made, "pulumi"), join(made, "told")];
  mkdirSync(folder);
  const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, encoding: "utf8" }).trim();
  git("init", "--quiet");
  git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--allow-empty", "--message=one");
  writeFileSync(
    binary,
    `#!/bin/sh
case "$1" in
  up) ;;
  preview) while [ "$1" != --event-log ]; do shift; done; : >"$2"; exit ;;
  *) echo '{}'; exit ;;
esac
trap 'echo recorded >>"${told}"; exit 1' TERM
echo begun >"${told}"
while :; do sleep 0.05; done
`,
  );
  chmodSync(binary, 0o755);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const environment = { ...process.env, PULUMI_BINARY: binary, HELM_BINARY: "/not/needed" };
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const stack = { ...programIn(folder, "dev", environment), shown: false, signal: end.signal };
  const rolledBack = rollback(stack, { commit: git("rev-parse", "HEAD"), prepare: async () => {} }).catch(
    String,
  );
  await expect.poll(() => existsSync(told), { timeout: 60_000 }).toBe(true);
  vi.advanceTimersByTime(updateLimits.rollback * 1000);
  await expect.poll(() => readFileSync(told, "utf8"), { timeout: 60_000 }).toBe("begun\nrecorded\n");
  expect(await rolledBack).toContain(`had not ended after ${updateLimits.rollback} s`);
});

import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { summarise } from "../../../delivery/comment/summarise.ts";
import { describePlan } from "../../../delivery/comment/write.ts";
import { verifiedTag } from "../../../delivery/stack/history.ts";
import { repository } from "../../../tools/repository.ts";
import { updated } from "./stack/recorded.ts";
import { workflows } from "./workflows/workflows.ts";

/** The commands of Deploy in this checkout, for a stack that is verified at a commit of these later ones, else at none. */
async function deploying(laterOnes: number) {
  const folder = mkdtempSync(join(tmpdir(), "sophia-stale-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: repository, encoding: "utf8", env }).trim();
  // Commits that only these commands see.
  const who = {
    GIT_AUTHOR_NAME: "t",
    GIT_AUTHOR_EMAIL: "t@t",
    GIT_COMMITTER_NAME: "t",
    GIT_COMMITTER_EMAIL: "t@t",
  };
  const [binary, calls, plan] = [join(folder, "pulumi"), join(folder, "calls"), join(folder, "plan.json")];
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...who,
    PULUMI_BINARY: binary,
    HELM_BINARY: "/not/needed",
    PULUMI_ORGANIZATION: "",
  };
  const objects = git("rev-parse", "--path-format=absolute", "--git-path", "objects");
  Object.assign(env, { GIT_OBJECT_DIRECTORY: folder, GIT_ALTERNATE_OBJECT_DIRECTORIES: objects });
  const head = git("rev-parse", "HEAD");
  let verified = head;
  for (let each = 0; each < laterOnes; each++)
    verified = git("commit-tree", `${head}^{tree}`, "-p", verified, "-m", "Later");
  const tags = laterOnes === 0 ? {} : { [verifiedTag]: verified };
  writeFileSync(calls, "");
  writeFileSync(
    binary,
    `#!/bin/sh
echo "$1" >>'${calls}'
case "$1 $2" in
  "stack tag") echo '${JSON.stringify(tags)}' ;;
  "stack history") echo '${JSON.stringify([updated(verified), updated(git("rev-list", "--max-parents=0", "HEAD").split("\n")[0] ?? "")])}' ;;
  "stack "*) echo '{}' ;;
esac
`,
  );
  chmodSync(binary, 0o755);
  const prices = { hourlyUsd: new Map<string, number>(), source: "" };
  await describePlan(summarise([], { stack: "dev", offline: false, succeeded: true, prices }), { plan });
  const command = (...args: string[]) =>
    spawnSync(process.execPath, [join(repository, "delivery/cli.ts"), ...args], { encoding: "utf8", env });
  const changed = () => readFileSync(calls, "utf8").match(/^(up|preview)$/gm) ?? [];
  return { command, plan, head, verified, changed };
}

test("C1 a deployment that became stale is refused before its update, and takes no verified commit back", async () => {
  const { command, plan, head, verified, changed } = await deploying(1);
  const later = `verified at ${verified}, which is later than ${head}`;
  const guarding = command("guard", `--plan=${plan}`);
  expect([guarding.status, guarding.stderr]).toEqual([1, expect.stringContaining(later)]);
  // Should its update have been tried in spite of that:
  for (const args of [["up"], ["rollback", `--from=${head}`, `--plan=${plan}`]]) {
    const { status, stderr } = command(...args, "--stack=dev");
    expect([args[0], status, stderr]).toEqual([args[0], 1, expect.stringContaining(later)]);
  }
  expect(changed()).toEqual([]);
});

test("C1 a deployment that is not stale passes its guard", async () => {
  const { command, plan } = await deploying(0);
  const { status, stderr } = command("guard", `--plan=${plan}`);
  expect([status, stderr]).toEqual([0, ""]);
});

test("C1 a roll-back follows the update and the verification only, not the guard before them", () => {
  const steps = workflows.get("deploy.yml")?.jobs.deploy?.steps ?? [];
  const rollback = steps.find(({ run }) => run?.includes("cli.ts rollback"));
  const ids = [...(rollback?.if ?? "").matchAll(/steps\.(\w+)\.outcome/g)].map(([, id]) => id);
  expect(ids).toEqual(["update", "verify"]);
  const runs = steps.filter(({ id }) => ids.includes(id)).map(({ run }) => run ?? "");
  expect(runs).toHaveLength(2);
  for (const run of runs) expect(run).not.toContain("cli.ts guard");
});

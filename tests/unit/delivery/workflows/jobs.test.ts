import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { raiseLimits } from "../../../../tools/docker/engine/limits.ts";
import { repository } from "../../../../tools/repository.ts";
import { workflows } from "./workflows.ts";

const runsOf = (file: string, job: string): string =>
  (workflows.get(file)?.jobs[job]?.steps ?? []).map(({ run }) => run ?? "").join("\n");

describe("C1 S3 the jobs that REQUIREMENTS name", () => {
  test.each([
    ["lint, types, workflows", "checks.yml", "check", "make check"],
    ["tests", "checks.yml", "test", "make test"],
    ["ESC environments", "checks.yml", "check", "make esc"],
    ["keys in the tree, unused exceptions", "checks.yml", "check", /^node policies\/scan\.ts$/m],
    ["keys in the history", "checks.yml", "check", "node policies/scan.ts --history"],
    ["preview with policies and cost", "pull-request.yml", "preview", "cli.ts plan"],
    ["preview of a fork with policies", "pull-request.yml", "offline", "make preview"],
    ["the preview as a comment", "comment.yml", "comment", "cli.ts comment"],
    ["scan of images", "images.yml", "scan", 'delivery/scan-images.sh prod "$OF"'],
    ["plan before a deployment", "deploy.yml", "plan", "cli.ts plan"],
    ["deployment", "deploy.yml", "deploy", "cli.ts up"],
    ["verification", "deploy.yml", "deploy", "cli.ts verify"],
    ["roll-back on failure", "deploy.yml", "deploy", "cli.ts rollback"],
    ["drift and health", "watch.yml", "watch", 'cli.ts "$WHAT"'],
    ["rotation and security updates", "upkeep.yml", "find", 'cli.ts "$COMMAND"'],
    ["instances, roll-back, migrations, MCP servers", "on-stack.yml", "run", 'cli.ts "$COMMAND"'],
  ] as const)("%s: %s %s", (_what, file, job, command) => {
    const runs = runsOf(file, job);
    if (typeof command === "string") expect(runs).toContain(command);
    else expect(runs).toMatch(command);
  });

  test.each([
    ["pull-request.yml", "checks", "checks.yml"],
    ["merge.yml", "checks", "checks.yml"],
    ["merge.yml", "images", "images.yml"],
    ["merge.yml", "dev", "deploy.yml"],
    ["merge.yml", "prod", "deploy.yml"],
    ["merge.yml", "images-of-others", "images.yml"],
    ["upkeep.yml", "images", "images.yml"],
    ["upkeep.yml", "images-of-others", "images.yml"],
    ["instances.yml", "start", "on-stack.yml"],
    ["instances.yml", "stop", "on-stack.yml"],
    ["instances.yml", "replace", "on-stack.yml"],
    ["part.yml", "deploy", "on-stack.yml"],
    ["rollback.yml", "rollback", "on-stack.yml"],
  ])("%s %s calls %s", (file, job, called) => {
    expect(workflows.get(file)?.jobs[job]?.uses).toBe(`./.github/workflows/${called}`);
  });

  test("to replace a host is a command of its own, and not an update that may be of everything", () => {
    const { start, replace } = workflows.get("instances.yml")?.jobs ?? {};
    expect(start?.with).toEqual({ stack: "${{ inputs.stack || 'dev' }}", command: "up" });
    expect(replace?.with).toMatchObject({ command: "replace", host: "${{ inputs.host }}" });
  });

  test("a merge goes through checks, images, dev and prod in this order", () => {
    const merge = workflows.get("merge.yml")?.jobs;
    expect([merge?.images?.needs, merge?.dev?.needs, merge?.prod?.needs]).toEqual([
      "checks",
      "images",
      "dev",
    ]);
  });

  test("W4 our own images and those of others are scanned; the latter hold up no deployment", () => {
    const { on, jobs } = workflows.get("images.yml") ?? {};
    expect(on?.workflow_call).toMatchObject({ inputs: { of: { default: "ours" } } });
    expect(jobs?.scan?.env).toEqual({ OF: "${{ inputs.of }}" });
    for (const file of ["merge.yml", "upkeep.yml"]) {
      const calls = workflows.get(file)?.jobs;
      expect(calls?.images?.with, file).toBeUndefined();
      expect(calls?.["images-of-others"]?.with, file).toEqual({ of: "others" });
      for (const { needs } of Object.values(calls ?? {})) expect(needs).not.toBe("images-of-others");
    }
  });

  test("both stacks are previewed, watched and looked after", () => {
    const matrix = (file: string, job: string) => workflows.get(file)?.jobs[job]?.strategy?.matrix;
    for (const job of ["preview", "offline"])
      expect(matrix("pull-request.yml", job)).toEqual({ stack: ["dev", "prod"] });
    expect(matrix("watch.yml", "watch")).toEqual({ stack: ["dev", "prod"] });
    expect(JSON.stringify(matrix("upkeep.yml", "find"))).toMatch(/"rotation".*"advisories".*"exceptions"/);
    const { schedule } = workflows.get("watch.yml")?.on ?? {};
    expect(schedule).toHaveLength(2);
  });

  test("`make ci` runs what a pull request is checked by, so that both find the same", async () => {
    const makefile = await readFile(join(repository, "Makefile"), "utf8");
    const [, needed = "", recipe = ""] = /^ci:([^#\n]*)[^\n]*\n((?:\t.*\n)+)/m.exec(makefile) ?? [];
    const ci = [
      ...needed
        .trim()
        .split(/\s+/)
        .map((target) => `make ${target}`),
      ...recipe
        .split("\n")
        .map((line) =>
          line
            .trim()
            .replace(/^@/, "")
            .replace("$(NODE)", "node")
            .replace("$(MAKE)", "make")
            .replace("$(LAB_COMMAND)", "node lab/cli.ts"),
        ),
    ];
    const checks = Object.keys(workflows.get("checks.yml")?.jobs ?? {}).flatMap((job) =>
      runsOf("checks.yml", job)
        .split("\n")
        // What GitHub's machines need beforehand.
        .filter((line) => line !== "" && !line.startsWith("sudo ")),
    );
    expect(checks.length).toBeGreaterThan(3);
    expect(ci).toEqual(expect.arrayContaining(checks));
    for (const stack of ["dev", "prod"]) expect(ci.join("\n")).toContain(`lab/cli.ts preview ${stack}`);
  });
});

test("C1 the tests' job raises the limits that the lab's hosts need and its user may not raise (Linux only)", async ({
  skip,
}) => {
  if (process.platform !== "linux") skip();
  const kernel = await mkdtemp(join(tmpdir(), "sophia-kernel-"));
  onTestFinished(() => rm(kernel, { recursive: true }));
  await mkdir(join(kernel, "fs/inotify"), { recursive: true });
  // No number, and nobody may write it, not even root.
  for (const name of ["max_user_instances", "max_user_watches"])
    await symlink("/proc/sys/kernel/ostype", join(kernel, "fs/inotify", name));
  const said = await raiseLimits(kernel).catch(String);
  const [command = "none"] = /sudo sysctl .*/.exec(said ?? "") ?? [];
  const lines = runsOf("checks.yml", "test").split("\n");
  expect(lines.indexOf(command), said ?? "").toBeGreaterThanOrEqual(0);
  expect(lines.indexOf(command)).toBeLessThan(lines.indexOf("make test"));
});

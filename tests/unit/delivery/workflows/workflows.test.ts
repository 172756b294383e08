import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { commands } from "../../../../delivery/commands.ts";
import { repository } from "../../../../tools/repository.ts";
import { folder, type Job, names, type Step, text, workflows } from "./workflows.ts";

const actions = await Promise.all(
  (await readdir(join(folder, "actions"))).map(async (name) => `actions/${name}/action.yml`),
);
const jobs = [...workflows].flatMap(([file, { jobs: all }]) =>
  Object.entries(all).map(([name, job]) => ({ file, name, job })),
);
const stepsIn = async (): Promise<{ file: string; step: Step }[]> => {
  const own = await Promise.all(
    actions.map(async (file) => {
      const { runs } = parse(await text(file)) as { runs: { steps: Step[] } };
      return runs.steps.map((step) => ({ file, step }));
    }),
  );
  return [
    ...jobs.flatMap(({ file, job }) => (job.steps ?? []).map((step) => ({ file, step }))),
    ...own.flat(),
  ];
};
const exists = (path: string) =>
  access(join(repository, path)).then(
    () => true,
    () => false,
  );

describe("C1 every workflow", () => {
  test("there are those that were asked for", () => {
    const triggers = [...workflows.values()].flatMap(({ on }) => Object.keys(on));
    expect(new Set(triggers)).toEqual(
      new Set(["pull_request", "workflow_run", "push", "schedule", "workflow_dispatch", "workflow_call"]),
    );
  });

  test.each(names)("%s may nothing by itself", (name) => {
    expect(workflows.get(name)?.permissions).toEqual({});
  });

  test.each(jobs)("$file $name says what it may, and when it has taken too long", ({ job }) => {
    expect(job.permissions).toBeDefined();
    expect(Object.keys(job.permissions ?? {})).not.toHaveLength(0);
    // A job that calls another workflow has the limits of that one's jobs.
    if (!job.uses) expect(job["timeout-minutes"]).toBeGreaterThan(0);
  });

  test("writes only where that is its purpose", () => {
    const writes = jobs.flatMap(({ file, job }) =>
      Object.entries(job.permissions ?? {}).flatMap(([what, how]) =>
        how === "write" ? [`${file} ${what}`] : [],
      ),
    );
    expect([...new Set(writes)].filter((each) => !each.endsWith("id-token")).sort()).toEqual([
      "comment.yml pull-requests",
      "upkeep.yml issues",
      "watch.yml issues",
    ]);
  });

  test("names what others wrote by commit, and which version that is", async () => {
    const files = [...names.map((name) => `workflows/${name}`), ...actions];
    const uses = (await Promise.all(files.map(text)))
      .flatMap((content) => content.split("\n"))
      .filter((line) => /^\s*(- )?uses:/.test(line));
    expect(uses.length).toBeGreaterThan(20);
    for (const line of uses)
      expect(line).toMatch(/uses: (\.\/\.github\/\S+|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
  });

  test("leaves no credential in a checkout", async () => {
    const checkouts = (await stepsIn()).filter(({ step }) => step.uses?.startsWith("actions/checkout@"));
    for (const { file, step } of checkouts) expect(step.with?.["persist-credentials"], file).toBe(false);
  });

  test("runs three lines at most, and only what is there", async () => {
    for (const { file, step } of await stepsIn()) {
      if (!step.run) continue;
      const lines = step.run.trim().split("\n");
      expect(lines.length, `${file}: ${step.run}`).toBeLessThanOrEqual(3);
      // Values of an event are given by the environment: text in a script would be read as one.
      expect(step.run, file).not.toContain("${{");
      for (const line of lines) {
        const [, script] = /(?:^|node )((?:delivery|policies|esc|lab)\/\S+)/.exec(line) ?? [];
        if (script) expect(await exists(script), `${file}: ${script}`).toBe(true);
      }
    }
  });

  test("gives each command options that it has", async () => {
    const calls = (await stepsIn()).flatMap(({ file, step }) =>
      [...(step.run ?? "").matchAll(/node delivery\/cli\.ts ([a-z]+)([^\n&|]*)/g)].map(
        ([, command, rest]) => ({
          file,
          command: command ?? "",
          options: [...(rest ?? "").matchAll(/--([a-z-]+)/g)].map(([, option]) => option ?? ""),
        }),
      ),
    );
    expect(calls.length).toBeGreaterThan(10);
    for (const { file, command, options } of calls) {
      expect(Object.keys(commands), file).toContain(command);
      for (const option of options)
        expect(Object.keys(commands[command]?.options ?? {}), `${file} ${command}`).toContain(option);
    }
  });
});

describe("C1 code of a fork", () => {
  test("is run by pull_request only, never beside a right to write or an identity", () => {
    const all = [...workflows.values()].flatMap(({ on }) => Object.keys(on));
    expect(all).not.toContain("pull_request_target");
    const offline = workflows.get("pull-request.yml")?.jobs.offline;
    expect(offline?.permissions).toEqual({ contents: "read" });
    expect(offline?.environment).toBeUndefined();
    const checks = Object.values(workflows.get("checks.yml")?.jobs ?? {});
    for (const job of checks) expect(job.permissions).toEqual({ contents: "read" });
  });

  test("is not checked out where a comment is written, and does not say where it goes", async () => {
    const comment = workflows.get("comment.yml");
    const steps = Object.values(comment?.jobs ?? {}).flatMap((job) => job.steps ?? []);
    const checkout = steps.find((step) => step.uses?.startsWith("actions/checkout@"));
    expect(checkout?.with).toEqual({ "persist-credentials": false });
    // A plan says itself which stack it is of; the job knows better.
    const writing = steps.find(({ run }) => run?.includes("cli.ts comment"));
    expect(writing?.run).toContain('--stack="$STACK"');
    // Without an organization nobody plans against a running stack.
    expect(comment?.jobs.comment).toMatchObject({
      env: { STACK: "${{ matrix.stack }}", PULUMI_ORGANIZATION: "${{ vars.PULUMI_ORGANIZATION }}" },
    });
    expect(await text("workflows/comment.yml")).not.toMatch(/pull_requests|issue_number|cat /);
  });

  test("no workflow reads a stored secret", async () => {
    for (const name of names) expect(await text(`workflows/${name}`)).not.toContain("secrets.");
  });
});

describe("C1 a stack", () => {
  test("is changed by one run at a time, behind an environment of its own", () => {
    const changing = jobs.filter(({ job }) =>
      (job.steps ?? []).some(({ run }) => /cli\.ts (up|rollback|stop|"\$COMMAND")/.test(run ?? "")),
    );
    expect(changing.map(({ file }) => file).sort()).toEqual(["deploy.yml", "on-stack.yml", "upkeep.yml"]);
    for (const { file, job } of changing) {
      // Upkeep has commands that only look, from a fixed list.
      if (file === "upkeep.yml") continue;
      expect(job).toMatchObject({
        environment: "${{ inputs.stack }}",
        concurrency: { group: "stack-${{ inputs.stack }}" },
      });
    }
  });

  test("is planned, for somebody to read, by an identity that only reads", () => {
    const runs = (job: Job) => (job.steps ?? []).map(({ run }) => run ?? "").join("\n");
    const looking = jobs.filter(
      ({ job }) => /cli\.ts plan/.test(runs(job)) && !/cli\.ts (up|"\$COMMAND")/.test(runs(job)),
    );
    expect(looking.map(({ file, job }) => [file, job.environment])).toEqual([
      ["deploy.yml", "${{ inputs.stack }}-preview"],
      ["pull-request.yml", "${{ matrix.stack }}-pull-request"],
    ]);
  });

  test("S1 gives a branch's code no identity but that of the environment with reviewers, which is its alone", () => {
    for (const { file, job } of jobs) {
      const [branch, identity] = [file === "pull-request.yml", job.permissions?.["id-token"] === "write"];
      if (branch && identity) expect(job.environment, file).toBe("${{ matrix.stack }}-pull-request");
      if (!branch) expect(job.environment ?? "", file).not.toContain("pull-request");
    }
  });

  test("W4 has its deployed images scanned after each update, and is verified whatever the scan finds", () => {
    for (const file of ["deploy.yml", "on-stack.yml"]) {
      const steps = Object.values(workflows.get(file)?.jobs ?? {})
        .flatMap((job) => job.steps ?? [])
        .filter(({ run }) => run);
      const index = (command: RegExp) => steps.findLastIndex(({ run }) => command.test(run ?? ""));
      const [update, scan, verify] = [/cli\.ts (up|"\$COMMAND")/, /cli\.ts scan/, /cli\.ts verify/].map(
        index,
      );
      expect([file, update, scan]).toEqual([file, expect.any(Number), (update ?? 0) + 1]);
      expect([file, verify]).toEqual([file, (scan ?? 0) + 1]);
      expect(steps[verify ?? -1]?.if).toContain("success() || steps.scan.outcome == 'failure'");
    }
    // A vulnerable image is not a reason to go back to an older one: its packages are older still.
    const steps = workflows.get("deploy.yml")?.jobs.deploy?.steps ?? [];
    expect(steps.find(({ run }) => run?.includes("cli.ts rollback"))?.if).not.toContain("steps.scan");
    for (const file of ["deploy.yml", "on-stack.yml"]) {
      const marking = Object.values(workflows.get(file)?.jobs ?? {})
        .flatMap((job) => job.steps ?? [])
        .find(({ run }) => run?.includes("cli.ts mark"));
      // Without a function of the status, GitHub would add "and nothing failed".
      expect(marking?.if, file).toMatch(/!cancelled\(\) && .*steps\.verify\.outcome == 'success'/);
    }
  });

  test("is never updated by a clock or a merge without its plan having been guarded", () => {
    for (const { file, job } of jobs) {
      const steps = (job.steps ?? []).filter(({ run }) => run);
      const update = steps.findIndex(({ run }) => /cli\.ts (up|"\$COMMAND" --stack)/.test(run ?? ""));
      if (update < 0) continue;
      const guarding = steps.slice(0, update).findLast(({ run }) => run?.includes("cli.ts guard"));
      // A whole update is guarded whatever the circumstances; the other commands guard themselves.
      const whole = steps[update]?.run?.includes("$COMMAND")
        ? "inputs.command == 'up' && inputs.only == ''"
        : undefined;
      expect([file, guarding !== undefined, guarding?.if]).toEqual([file, true, whole]);
    }
  });
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../../../../tools/repository.ts";
import { workflows } from "./workflows.ts";

const jobs = [...workflows].flatMap(([file, { jobs: all }]) =>
  Object.values(all).map((job) => ({ file, job })),
);

test("C1 each workflow by hand that may lose data asks for consent, and tells the command", () => {
  for (const [file, called] of [
    ["deploy.yml", undefined],
    ["part.yml", "deploy"],
    ["instances.yml", "replace"],
    ["rollback.yml", "rollback"],
  ] as const) {
    const { on, jobs: all } = workflows.get(file) ?? {};
    expect(on?.workflow_dispatch, file).toMatchObject({ inputs: { "data-loss": { default: false } } });
    if (called) expect(all?.[called]?.with?.["data-loss"], file).toBe("${{ inputs.data-loss }}");
  }
  const run = workflows.get("on-stack.yml")?.jobs.run;
  expect(run?.env?.DATA_LOSS).toBe("${{ inputs.data-loss && '--data-loss' || '' }}");
  expect(run?.steps?.find((step) => step.run?.includes('"$COMMAND"'))?.run).toContain("$DATA_LOSS");
});

test("C1 commands that work at another commit, or compare with one, have all of the history to find it", () => {
  for (const { file, job } of jobs) {
    const runs = (job.steps ?? []).map(({ run }) => run ?? "").join("\n");
    if (!/cli\.ts (guard|rollback|"\$COMMAND" --stack|"\$WHAT")/.test(runs)) continue;
    const checkout = job.steps?.find(({ uses }) => uses?.startsWith("actions/checkout@"));
    expect([file, checkout?.with?.["fetch-depth"]]).toEqual([file, 0]);
  }
});

test("C1 what a workflow writes into its checkout is ignored by git, or each commit would count as changed", async () => {
  const written = jobs
    .flatMap(({ job }) => (job.steps ?? []).map((step) => ({ step })))
    .flatMap(({ step }) =>
      [...(step.run ?? "").matchAll(/--(?:plan|body)=([\w.]+)|PLAN=([\w.]+)/g)].map(
        ([, a, b]) => a ?? b ?? "",
      ),
    );
  expect(new Set(written)).toEqual(new Set(["plan.json", "finding.md"]));
  // A roll-back links the packages, and a link is no folder.
  const ignored = (await readFile(join(repository, ".gitignore"), "utf8")).split("\n");
  expect(ignored).toEqual(
    expect.arrayContaining(["node_modules", ...new Set(written.map((one) => `/${one}`))]),
  );
});

test("C1 a roll-back or a stop that waits for a deployment is not cancelled by the next one", () => {
  const groups = [...workflows].flatMap(([file, { concurrency, jobs: all }]) =>
    [concurrency, ...Object.values(all).map((job) => job.concurrency)].flatMap((one) =>
      one ? [{ file, ...one }] : [],
    ),
  );
  const [waiting, others] = [/^(stack|part|rollback|instances)-/, [undefined, "max"]];
  const queued = groups.filter(({ group }) => waiting.test(group));
  expect(queued.map(({ file }) => file).sort()).toEqual([
    "deploy.yml",
    "instances.yml",
    "on-stack.yml",
    "part.yml",
    "rollback.yml",
  ]);
  // By default GitHub keeps the newest that waits, and cancels the one before it.
  for (const { file, ...how } of queued)
    expect([file, how]).toEqual([file, { group: how.group, "cancel-in-progress": false, queue: "max" }]);
  // actionlint does not check the value.
  for (const { file, queue } of groups) expect(others, file).toContain(queue);
});

test("C1 an automatic roll-back leaves its own commit, and may delete what its own update has created", () => {
  const runs = (workflows.get("deploy.yml")?.jobs.deploy?.steps ?? []).map(({ run }) => run ?? "");
  expect(runs.find((run) => run.includes("cli.ts rollback"))).toMatch(
    /--from="\$GITHUB_SHA" --plan=plan.json/,
  );
  expect(runs.find((run) => run.includes("cli.ts rollback"))).not.toContain("DATA_LOSS");
  expect(runs.find((run) => run.includes("cli.ts plan"))).toContain("--plan=plan.json");
});

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { commands } from "../../../../delivery/commands.ts";
import { parseHistory, stoppedIn } from "../../../../delivery/stack/history.ts";
import { isStopped } from "../../../../delivery/watch.ts";
import { workflows } from "../workflows/workflows.ts";
import { recorded, updated } from "./recorded.ts";

const commit = "1".repeat(40);
const [up, destroyed] = [updated(commit), updated(commit, { kind: "destroy" })];

describe("C1 L7 a stack that was stopped", () => {
  test("is one whose newest change is a successful destruction", () => {
    const stopped = (...history: object[]) => stoppedIn(parseHistory(JSON.stringify(history)));
    expect(stopped(destroyed, up)).toBe(true);
    expect(stopped(updated(commit, { kind: "refresh" }), destroyed, up)).toBe(true);
    expect(stopped(up, destroyed)).toBe(false);
    // A first deployment that fails is not a stop.
    expect(stopped(updated(commit, { result: "failed" }), destroyed)).toBe(false);
    expect(stopped(updated(commit, { kind: "destroy", result: "failed" }), up)).toBe(false);
    expect(stopped()).toBe(false);
  });

  test("is dev or the lab: prod that is gone is a finding", async () => {
    const { program, answer } = recorded();
    answer({ history: [destroyed, up] });
    expect(await isStopped(program)).toBe(true);
    expect(await isStopped({ ...program, stack: "prod" })).toBe(false);
  });

  test.each(["health", "drift"])("is no finding for %s", async (command) => {
    const { program, answer } = recorded();
    const folder = mkdtempSync(join(tmpdir(), "sophia-stopped-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv("PULUMI_BINARY", program.binary);
    vi.stubEnv("HELM_BINARY", "/not/needed");
    vi.stubEnv("PULUMI_ORGANIZATION", "");
    const body = join(folder, "finding.md");
    const run = async () => commands[command]?.run({ stack: "dev", body });
    answer({ history: [destroyed, up] });
    expect(await run()).toBe("Stack dev is stopped, and was not checked.");
    expect(readFileSync(body, "utf8")).toBe("");
    // Running, it is checked: this one does not answer.
    answer({ history: [up, destroyed] });
    if (command === "health") await expect(run()).rejects.toThrow();
    else expect(await run()).toBe("The stack has no drift.");
  });
});

test("C1 L7 dev stops each day, and once more after late merges; each schedule has its job", () => {
  const { on, jobs } = workflows.get("instances.yml") ?? {};
  const crons = ((on?.schedule ?? []) as { cron: string }[]).map(({ cron }) => cron);
  const of = (job: string) =>
    crons.filter((cron) => jobs?.[job]?.if?.includes(`github.event.schedule == '${cron}'`));
  const [[stop = "", ...stops], [start, ...starts]] = [of("stop"), of("start")];
  expect([...stops, ...starts]).toEqual([]);
  expect([stop, start].sort()).toEqual(crons.sort());
  const [, hours = "", , , days] = stop.split(" ");
  expect(days).toBe("*");
  expect(hours.split(",").length).toBeGreaterThan(1);
});

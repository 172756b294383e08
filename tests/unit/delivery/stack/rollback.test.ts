import { describe, expect, test } from "vitest";
import { eventSchema } from "../../../../delivery/comment/events.ts";
import type { Plan } from "../../../../delivery/comment/plan.ts";
import { summarise } from "../../../../delivery/comment/summarise.ts";
import { instanceType } from "../../../../delivery/resources.ts";
import { verifiedTag } from "../../../../delivery/stack/history.ts";
import { rollback } from "../../../../delivery/stack/rollback.ts";
import { planned, recorded, updated } from "./recorded.ts";

const claim = "kubernetes:core/v1:PersistentVolumeClaim";
const prepare = async () => {};
/** The plan of an update that makes these steps. */
const planOf = (...events: object[]): Plan =>
  summarise(
    events.map((event) => eventSchema.parse(event)),
    { stack: "dev", offline: false, succeeded: true, prices: { hourlyUsd: new Map(), source: "" } },
  );

describe("C1 a roll-back that would lose data", () => {
  const volume = planned("delete", claim, "memory", { metadata: { name: "memory" } });
  const begin = () => {
    const stack = recorded();
    const [first, second, third] = stack.commits;
    stack.answer({
      history: [updated(third), updated(second)],
      tags: { [verifiedTag]: first },
      events: [volume],
    });
    return stack;
  };

  test("is refused before anything changes, unless somebody says that data may be lost", async () => {
    const { program, commits, updates } = begin();
    await expect(rollback(program, { prepare })).rejects.toThrow("volume memory: deleted with its data");
    expect(updates()).toEqual([]);
    expect(await rollback(program, { dataLoss: true, prepare })).toBe(commits[0]);
    expect(updates().map(({ commit }) => commit)).toEqual([commits[0]]);
  });

  test("is not refused for what the failed update has just created, and nothing else", async () => {
    const { program, commits, updates, answer } = begin();
    const other = planOf(planned("create", claim, "github"), planned("update", claim, "memory"));
    await expect(rollback(program, { plan: other, prepare })).rejects.toThrow("volume memory");
    const plan = planOf(planned("create", claim, "memory"));
    expect(await rollback(program, { plan, prepare })).toBe(commits[0]);
    expect(updates()).toHaveLength(1);
    const host = planned("delete", instanceType, "fleet-mcp");
    answer({ tags: { [verifiedTag]: commits[0] }, history: [updated(commits[2])], events: [volume, host] });
    await expect(rollback(program, { plan, prepare })).rejects.toThrow(/host mcp: drained and terminated/);
    expect(updates()).toHaveLength(1);
  });
});

describe("C1 a roll-back by hand", () => {
  test("leaves the deployed commit, not a later one that is checked out", async () => {
    const { program, commits, answer, updates } = recorded();
    const [first, faulty] = commits;
    answer({ history: [updated(faulty), updated(first)], tags: { [verifiedTag]: faulty } });
    expect(await rollback(program, { prepare })).toBe(first);
    expect(updates().map(({ commit }) => commit)).toEqual([first]);
  });

  test.each([
    ["f".repeat(40), "is not in this checkout; name the one to go to with --commit"],
    ["--all", "is not a full commit id"],
  ])("does not guess what came before %s", async (from, said) => {
    const { program, updates } = recorded();
    await expect(rollback(program, { from, prepare })).rejects.toThrow(said);
    expect(updates()).toEqual([]);
  });

  test("after an update that was refused before it began, goes to what is deployed when it is told", async () => {
    const { program, commits, answer } = recorded();
    const [, deployed, refused] = commits;
    answer({ history: [updated(deployed)], tags: { [verifiedTag]: deployed } });
    expect(await rollback(program, { from: refused, prepare })).toBe(deployed);
  });
});

import { describe, expect, test } from "vitest";
import { instanceType } from "../../../../delivery/resources.ts";
import { historyPage, verifiedTag } from "../../../../delivery/stack/history.ts";
import { replaceHost } from "../../../../delivery/stack/replace.ts";
import { previousCommit, rollback } from "../../../../delivery/stack/rollback.ts";
import { isStopped } from "../../../../delivery/watch.ts";
import { planned, recorded, updated, urnOf } from "./recorded.ts";

const prepare = async () => {};

describe("C1 a failed deployment is no reason to go back", () => {
  test("from a commit before the verified one, as when its approval came late", async () => {
    const { program, commits, answer, updates } = recorded();
    const [first, late, verified] = commits;
    answer({ history: [updated(verified), updated(first)], tags: { [verifiedTag]: verified } });
    await expect(rollback(program, { from: late, prepare })).rejects.toThrow(
      `verified at ${verified}, which is later than ${late}: there is nothing to roll back`,
    );
    expect(updates()).toEqual([]);
  });

  test("from the verified commit, whose update was a repeated one", async () => {
    const { program, commits, answer, updates } = recorded();
    const [, first, verified] = commits;
    const again = updated(verified, { result: "failed" });
    answer({ history: [again, updated(verified), updated(first)], tags: { [verifiedTag]: verified } });
    await expect(rollback(program, { from: verified, prepare })).rejects.toThrow(
      /remove the cause of the failure and deploy it again.*roll back by hand, without --from/,
    );
    expect(updates()).toEqual([]);
    // By hand, somebody has judged that it is faulty.
    expect(await rollback(program, { prepare })).toBe(first);
    expect(updates().map(({ commit }) => commit)).toEqual([first]);
  });
});

describe("C1 a history longer than the CLI shows by default", () => {
  /** What a stack that stops each night leaves behind. */
  const nights = (commit: string, many: number) =>
    Array.from({ length: many }, () => updated(commit, { kind: "destroy" }));

  test("is read as far back as the commit to roll back to, or to its end", async () => {
    const { program, commits, answer } = recorded();
    const [first, second, faulty] = commits;
    const history = [updated(faulty), ...nights(second, 2 * historyPage), updated(first)];
    answer({ history });
    expect(await previousCommit(program)).toBe(first);
    answer({ history: history.slice(0, -1) });
    await expect(previousCommit(program)).rejects.toThrow(
      /there is no commit to roll back to from .* of 201 updates in the history.*--commit/s,
    );
  });

  test("is read as far back as the last update, to replace a host by its commit", async () => {
    const { program, commits, answer } = recorded();
    const state = [{ urn: urnOf(instanceType, "fleet-mcp"), type: instanceType }];
    const refreshed = Array.from({ length: 14 }, () => updated(commits[2], { kind: "refresh" }));
    const events = [planned("replace", instanceType, "fleet-mcp")];
    answer({ state, history: [...refreshed, updated(commits[1])], events });
    expect(await replaceHost(program, { host: "mcp", dataLoss: false, prepare })).toBe(commits[1]);
    answer({ history: [...refreshed, updated(commits[1], { kind: "destroy" })] });
    expect(await isStopped(program)).toBe(true);
  });
});

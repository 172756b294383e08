import { describe, expect, test } from "vitest";
import { instanceType } from "../../../../delivery/resources.ts";
import { deployedIn, parseHistory } from "../../../../delivery/stack/history.ts";
import { replaceHost } from "../../../../delivery/stack/replace.ts";
import { planned, recorded, updated, urnOf } from "./recorded.ts";

const claim = "kubernetes:core/v1:PersistentVolumeClaim";
const state = [{ urn: urnOf(instanceType, "fleet-mcp"), type: instanceType }];
const host = planned("replace", instanceType, "fleet-mcp");
const prepare = async () => {};

describe("C1 a host that is replaced", () => {
  test("is replaced by the program of the deployed commit, not of a later one that is checked out", async () => {
    const { program, commits, answer, updates } = recorded();
    const [, deployed, latest] = commits;
    answer({ state, history: [updated(deployed)], events: [host] });
    expect(await replaceHost(program, { host: "mcp", dataLoss: false, prepare })).toBe(deployed);
    expect(updates()).toEqual([
      { commit: deployed, args: expect.stringContaining(`--replace ${urnOf(instanceType, "fleet-mcp")}`) },
    ]);
    expect(deployed).not.toBe(latest);
  });

  test("is the only thing whose data may be lost", async () => {
    const { program, commits, answer, updates } = recorded();
    const more = planned("delete", claim, "memory", { metadata: { name: "memory" } });
    answer({ state, history: [updated(commits[1])], events: [host, more] });
    const replacing = replaceHost(program, { host: "mcp", dataLoss: false, prepare });
    await expect(replacing).rejects.toThrow(/^((?!host mcp:)[\s\S])*volume memory: deleted with its data/);
    expect(updates()).toEqual([]);
    await replaceHost(program, { host: "mcp", dataLoss: true, prepare });
    expect(updates()).toHaveLength(1);
  });

  test("is not replaced while a part of the stack is of another commit", async () => {
    const { program, commits, answer, updates } = recorded();
    const [first, second] = commits;
    answer({ state, history: [updated(second, { part: true }), updated(first)], events: [host] });
    await expect(replaceHost(program, { host: "mcp", dataLoss: true, prepare })).rejects.toThrow(
      `of two commits: of ${first}, and in a part, deployed alone, of ${second}`,
    );
    expect(updates()).toEqual([]);
  });
});

describe("C1 the deployed commit", () => {
  const [one, two] = ["1".repeat(40), "2".repeat(40)];
  const deployed = (...history: object[]) => deployedIn(parseHistory(JSON.stringify(history)));

  test("is that of the last whole update, which may have failed half-way", () => {
    expect(deployed(updated(two, { result: "failed" }), updated(one))).toBe(two);
    expect(deployed(updated(two, { kind: "refresh" }), updated(one, { part: true }), updated(one))).toBe(one);
    // A whole update brings parts to its commit.
    expect(deployed(updated(two), updated(one, { part: true }), updated(one))).toBe(two);
  });

  test("is not guessed", () => {
    expect(() => deployed(updated(two, { dirty: true }), updated(one))).toThrow("uncommitted changes");
    expect(() => deployed(updated(two, { part: true }))).toThrow("no update to a commit");
    expect(() => deployed()).toThrow("no update to a commit");
  });
});

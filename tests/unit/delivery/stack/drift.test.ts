import { describe, expect, test } from "vitest";
import { instanceType } from "../../../../delivery/resources.ts";
import { drift } from "../../../../delivery/watch.ts";
import { planned, recorded, updated } from "./recorded.ts";

const prepare = async () => {};
const lost = [planned("create", instanceType, "fleet-mcp")];

describe("C1 drift", () => {
  test("is told by the program of the deployed commit, not of a later one that waits for its approval", async () => {
    const { program, commits, answer, previews } = recorded();
    const [, deployed] = commits;
    answer({ history: [updated(deployed)], events: lost });
    expect(await drift(program, prepare)).toContain(`differ from what was deployed, commit \`${deployed}\``);
    expect(previews()).toEqual([{ commit: deployed, args: expect.stringContaining("--refresh") }]);
  });

  test("is told by the checked-out program where the stack is not of one commit, and the finding says so", async () => {
    const { program, commits, answer, previews } = recorded();
    const [first, second, latest] = commits;
    answer({ history: [updated(second, { part: true }), updated(first)], events: lost });
    const found = await drift(program, prepare);
    expect(found).toContain(`from commit \`${latest}\`, which may not be deployed`);
    expect(found).toContain("the stack is of two commits");
    expect(previews().map(({ commit }) => commit)).toEqual([latest]);
  });

  test("is not told of a commit that nobody has reviewed", async () => {
    const { program, commits, answer, previews } = recorded();
    answer({ history: [updated("f".repeat(40))], events: lost });
    expect(await drift(program, prepare)).toContain("only reviewed commits are deployed");
    expect(previews().map(({ commit }) => commit)).toEqual([commits[2]]);
  });

  test("is no finding where nothing differs", async () => {
    const { program, commits, answer } = recorded();
    answer({ history: [updated(commits[1])] });
    expect(await drift(program, prepare)).toBe("");
  });
});

import { describe, expect, test } from "vitest";
import { verdict } from "../../../policies/engine/rule.ts";
import { openNamespaces } from "../../../policies/rules/cluster/defaultDeny.ts";
import { rules } from "../../../policies/rules/index.ts";
import { budgetFaults } from "../../../policies/rules/platform/budget.ts";
import { cases, failures, refuses, said } from "./cases/check.ts";
import { gpu } from "./cases/subjects.ts";
import { wallCases } from "./cases/walls.ts";
import { contextOf } from "./fixtures.ts";

test("every rule has its cases, a reason and a remedy", () => {
  expect(rules.map(({ name }) => name).sort()).toEqual(Object.keys(cases).sort());
  for (const { why, fix, description } of rules) {
    for (const text of [why, fix, description]) expect(text.length).toBeGreaterThan(20);
  }
});

for (const each of rules) {
  const { violating, clean } = cases[each.name] ?? { violating: {}, clean: {} };
  describe(`S3 ${each.name}`, () => {
    test.each(Object.entries(violating))("refuses: %s", (_what, given) => {
      expect(refuses(each, given), said(each, given).join()).toBe(true);
    });
    test.each(Object.entries(clean))("lets pass: %s", (_what, given) => {
      expect(said(each, given)).toEqual([]);
    });
    test("lets pass what is of no concern to it", () => {
      expect(failures(each)).toEqual([]);
    });
  });
}

test("a verdict names subject, place, reason and remedy", () => {
  for (const each of rules) {
    const text = verdict(each, [{ subject: "thing", fault: { path: "spec.x", message: "is wrong" } }]);
    expect(text).toBe(`thing at spec.x: is wrong\nWhy: ${each.why}\nFix: ${each.fix}`);
  }
});

test("K5 a quarter of a GPU is refused with what to write instead", () => {
  const slices = rules.find(({ name }) => name === "whole-gpu-slices");
  const [fault] = slices?.judge(gpu("0.25"), contextOf()) ?? [];
  expect(fault?.message).toContain("4 time slices");
});

describe("S4 a namespace needs a policy that refuses everything, both ways and for everyone", () => {
  test.each(Object.entries(wallCases))("%s", (_what, { objects, stand }) => {
    expect(openNamespaces(objects)).toEqual(stand);
  });
});

test("L7 a stack without machines needs no budget", () => {
  expect(budgetFaults({}, [])).toEqual([]);
  expect(budgetFaults({}, [{ name: "one", props: {} }])).toHaveLength(1);
});

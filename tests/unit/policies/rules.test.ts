import { describe, expect, test } from "vitest";
import { verdict } from "../../../policies/engine/rule.ts";
import { rules } from "../../../policies/rules/index.ts";
import { budgetAdvice, budgetFaults } from "../../../policies/rules/platform/budget.ts";
import { stackRules } from "../../../policies/rules/stack/index.ts";
import { cases, failures, hidden, refuses, said } from "./cases/check.ts";
import { refusedBy, stackCases } from "./cases/stack.ts";
import { gpu, machine } from "./cases/subjects.ts";
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
    const secretly = (all: typeof violating) =>
      Object.entries(all).flatMap(([what, given]) => {
        const subject = hidden(given);
        return subject && !each.aboutSecrets ? [[what, subject] as const] : [];
      });
    test("S3 holds for what Pulumi keeps secret as well", () => {
      const passed = secretly(violating).filter(([, given]) => !refuses(each, given));
      expect(passed.map(([what]) => what)).toEqual([]);
      const refused = secretly(clean).filter(([, given]) => refuses(each, given));
      expect(refused.map(([what]) => what)).toEqual([]);
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
  const [fault] = slices?.evaluate(gpu("0.25"), contextOf()) ?? [];
  expect(fault?.message).toContain("4 time slices");
});

test("P2 a retired Snowflake account is refused with the account that replaced it", () => {
  const stale = rules.find(({ name }) => name === "no-stale-snowflake-account");
  if (!stale) throw new Error("there is no such rule");
  const fault = { path: "url", message: "names a retired Snowflake account" };
  expect(verdict(stale, [{ subject: "thing", fault }])).toContain("use account ZNB04675, which replaced it");
});

test("every rule about a stack has its cases, some of them violating", () => {
  expect(stackRules.map(({ name }) => name).sort()).toEqual(Object.keys(stackCases).sort());
});

for (const rule of stackRules) {
  describe(`S3 S4 ${rule.name}`, () => {
    test.each(Object.entries(stackCases[rule.name] ?? {}))("%s", (_what, { objects, refused }) => {
      expect(refusedBy(rule, objects)).toEqual(refused);
    });
  });
}

test("L7 a stack without machines needs no budget", () => {
  expect(budgetFaults({}, [])).toEqual([]);
  expect(budgetFaults({}, [{ name: "one", props: {} }])).toHaveLength(1);
});

test("L7 it is said where only the dearest type of a host is beyond the budget, and no more than said", () => {
  const config = { budget: '{"monthlyUsd":1000}' };
  const either = [machine(["gpu_1x_a6000", "gpu_1x_a100"])];
  expect(budgetFaults(config, either)).toEqual([]);
  expect(budgetAdvice(config, either)).toEqual([expect.stringContaining("(thing) may cost $1453 a month")]);
  expect(budgetAdvice({ budget: '{"monthlyUsd":1453}' }, either)).toEqual([]);
  expect(budgetAdvice({}, either)).toEqual([]);
  // Refused already.
  expect(budgetAdvice({ budget: '{"monthlyUsd":10}' }, either)).toEqual([]);
  expect(budgetFaults({ budget: '{"monthlyUsd":10}' }, either)).toHaveLength(1);
  const two = ["second", "first"].map((name) => ({ name, props: { hourlyUsd: 1 } }));
  expect(budgetFaults({ budget: '{"monthlyUsd":10}' }, two)).toEqual([
    expect.stringContaining("its machines (first, second) cost"),
  ]);
});

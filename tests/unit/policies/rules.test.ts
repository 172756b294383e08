import { describe, expect, test } from "vitest";
import { verdict } from "../../../policies/engine/rule.ts";
import { type Json, unknown } from "../../../policies/engine/values.ts";
import { openNamespaces } from "../../../policies/rules/cluster/defaultDeny.ts";
import { rules } from "../../../policies/rules/index.ts";
import { clusterCases } from "./cases/cluster.ts";
import { platformCases } from "./cases/platform.ts";
import { podsCases } from "./cases/pods.ts";
import { firewallRules, gpu, networkPolicy, rule } from "./cases/subjects.ts";
import { contextOf, kubernetes } from "./fixtures.ts";

const cases = { ...platformCases, ...clusterCases, ...podsCases };

test("every rule has its cases, a reason and a remedy", () => {
  expect(rules.map(({ name }) => name).sort()).toEqual(Object.keys(cases).sort());
  for (const { why, fix, description } of rules) {
    for (const text of [why, fix, description]) expect(text.length).toBeGreaterThan(20);
  }
});

for (const each of rules) {
  const { violating, clean, context: more } = cases[each.name] ?? { violating: {}, clean: {} };
  describe(`S3 ${each.name}`, () => {
    test.each(Object.entries(violating))("refuses: %s", (_what, subject) => {
      const [fault] = each.judge(subject, contextOf(more));
      expect(fault).toBeDefined();
      if (fault) expect(verdict(each, [{ subject: "thing", fault }])).toContain(`Fix: ${each.fix}`);
    });
    test.each(Object.entries(clean))("lets pass: %s", (_what, subject) => {
      expect(each.judge(subject, contextOf(more))).toEqual([]);
    });
  });
}

test("L4 the admin ports may be open where the settings say so", () => {
  const firewall = rules.find(({ name }) => name === "firewall");
  const subject = firewallRules(rule(22, "0.0.0.0/0"), rule(6443, "0.0.0.0/0"), rule(8080, "0.0.0.0/0"));
  expect(firewall?.judge(subject, contextOf({ stack: "local" })).map(({ path }) => path)).toEqual([
    "rules[2]",
  ]);
});

test("K5 a quarter of a GPU is refused with what to write instead", () => {
  const slices = rules.find(({ name }) => name === "whole-gpu-slices");
  const [fault] = slices?.judge(gpu("0.25"), contextOf()) ?? [];
  expect(fault?.message).toContain("4 time slices");
});

test("S4 a namespace needs a policy that refuses everything, both ways and for everyone", () => {
  const space = kubernetes({ apiVersion: "v1", kind: "Namespace", metadata: { name: "apps" } });
  const both = { policyTypes: ["Ingress", "Egress"] };
  const open = (spec: Json) => openNamespaces([space, networkPolicy(spec)]);
  expect(open({ podSelector: {}, ...both })).toEqual([]);
  expect(open({ podSelector: {}, policyTypes: ["Ingress"] })).toEqual(["apps"]);
  expect(open({ podSelector: { matchLabels: { a: "b" } }, ...both })).toEqual(["apps"]);
  expect(open({ podSelector: {}, ...both, egress: [{}] })).toEqual(["apps"]);
  expect(openNamespaces([space])).toEqual(["apps"]);
  const elsewhere = {
    apiVersion: "v1",
    kind: "NetworkPolicy",
    metadata: { name: "a", namespace: "other" },
    spec: {},
  };
  expect(openNamespaces([space, kubernetes({ ...elsewhere, spec: { podSelector: {}, ...both } })])).toEqual([
    "apps",
  ]);
  const later = { ...elsewhere, metadata: { name: "a", namespace: unknown }, spec: unknown };
  expect(openNamespaces([space, kubernetes(later)])).toEqual([]);
});

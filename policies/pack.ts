import { type Pack, type Policy, type Said, serve } from "./analyzer/server.ts";
import { type Exception, Exceptions } from "./engine/exceptions.ts";
import { Docket, judge } from "./engine/judge.ts";
import type { Context, PolicySettings, Rule, StackRule } from "./engine/rule.ts";
import { object } from "./engine/values.ts";
import { rules } from "./rules/index.ts";
import { budget, budgetAdvice, budgetFaults, isInstance } from "./rules/platform/budget.ts";
import { stackRules } from "./rules/stack/index.ts";
import { isStack } from "./rules/stack/outputs.ts";

const readable: Policy = {
  name: "releases-can-be-read",
  description: "The objects inside every Helm release are judged too.",
  severity: "high",
  level: "mandatory",
  fix: "name helm in LAB_HELM or put it on PATH",
};
const later: Policy = {
  name: "releases-judged-later",
  description: "The values of every Helm release can be known in a preview.",
  severity: "low",
  level: "advisory",
  fix: "give the values as an object with outputs in it, not as one output",
};
const wholeBudget: Policy = {
  name: "stack-within-budget",
  description: budget.description,
  severity: budget.severity,
  level: "mandatory",
  fix: budget.fix,
  ofStack: true,
};
const dearest: Policy = {
  name: "launch-within-budget",
  description: "Whatever type a host is launched as, the stack stays within its budget.",
  severity: "medium",
  level: "advisory",
  fix: budget.fix,
  ofStack: true,
};
const needed: Policy = {
  name: "exceptions-are-needed",
  description: "Every exception is used, and none has expired.",
  severity: "medium",
  level: "mandatory",
  ofStack: true,
};
const policyOf = ({ name, description, severity, fix }: Rule | StackRule): Policy => ({
  name,
  description,
  severity,
  fix,
  level: "mandatory",
});
const ruled = rules.map((rule) => ({ rule, policy: policyOf(rule) }));
const ruledStack = stackRules.map((rule) => ({ rule, policy: { ...policyOf(rule), ofStack: true } }));

const say = (policy: Policy, message: string): Said => ({
  policy,
  message: policy.fix ? `${message}\nFix: ${policy.fix}` : message,
});

/** What the pack has to say of a stack, told resource by resource. */
export function makePack(name: string, context: Context, exceptions: Exceptions, docket: Docket): Pack {
  return {
    name,
    version: "0.1.0",
    policies: [
      readable,
      later,
      ...ruled.map(({ policy }) => policy),
      wholeBudget,
      dearest,
      ...ruledStack.map(({ policy }) => policy),
      needed,
    ],
    async judge(resource) {
      const found = await docket.open(resource);
      const said: Said[] = [];
      if (found.unreadable)
        said.push(say(readable, `${resource.name}: its objects cannot be judged: ${found.unreadable}`));
      if (found.later) {
        exceptions.postpone(resource.name);
        const until = "until the update, which judges its objects before it makes them";
        said.push(say(later, `${resource.name}: its values are unknown as a whole ${until}`));
      }
      for (const { rule, policy } of ruled) {
        const message = judge(rule, found, context, exceptions);
        if (message) said.push({ policy, message });
      }
      return said;
    },
    async judgeStack(resources) {
      const machines = resources
        .filter(isInstance)
        .map(({ name: machine, props }) => ({ name: machine, props }));
      const costs = [
        ...budgetFaults(context.config, machines).map((fault) => say(wholeBudget, fault)),
        ...budgetAdvice(context.config, machines).map((advice) => say(dearest, advice)),
      ];
      // What was asked for, not what came of it: that is not known in a preview.
      // The stack's own outputs are known at the end only.
      const cases = await Promise.all(
        resources.map((resource) => (isStack(resource) ? docket.open(resource) : docket.find(resource))),
      );
      const subjects = cases.flatMap(({ subjects: each }) => each);
      const whole = ruledStack.flatMap(({ rule, policy }) =>
        rule
          .judge(subjects)
          .filter(({ resource }) => !exceptions.covers(rule.name, resource))
          .map(({ resource, message }) => say(policy, `${resource}: ${message}`)),
      );
      const present = new Set(resources.map(({ name: each }) => each));
      return [...costs, ...whole, ...exceptions.faults(present).map((fault) => say(needed, fault))];
    },
  };
}

/** The stack's configuration, of the project's own keys, as the engine gives it to a pack. */
function configOf(project: string): Record<string, string> {
  const all = Object.entries(object(JSON.parse(process.env.PULUMI_CONFIG ?? "{}")));
  return Object.fromEntries(
    all
      .filter(([key]) => key.startsWith(`${project}:`))
      .map(([key, value]) => [key.slice(project.length + 1), String(value)]),
  );
}

/**
 * Starts the pack in this process, for the stack that the engine named.
 * @param read gives the exceptions for the rules of those names, on that day
 * @throws when the engine named no stack: a pack that does not know where it is would judge by the wrong settings
 */
export function startPack(
  name: string,
  settings: PolicySettings,
  read: (ruleNames: string[], today: string) => Exception[],
): void {
  const { PULUMI_NODEJS_STACK: stack, PULUMI_NODEJS_PROJECT: project } = process.env;
  if (!stack || !project)
    throw new Error(
      "the policy pack was started without a stack: run it by `pulumi … --policy-pack policies`",
    );
  const today = new Date().toISOString().slice(0, 10);
  const ruleNames = [...rules, ...stackRules].map((rule) => rule.name);
  const exceptions = new Exceptions(read(ruleNames, today), stack, today);
  serve(makePack(name, { stack, settings, config: configOf(project) }, exceptions, new Docket()));
}

import type { Pack, Policy, Violation } from "./analyzer/server.ts";
import type { Resource } from "./analyzer/wire.ts";
import {
  evaluate,
  evaluateStack as evaluateRule,
  type ResourceCache,
  withSecrets,
} from "./engine/evaluate.ts";
import type { Exceptions } from "./engine/exceptions.ts";
import type { Context, Rule, StackRule } from "./engine/rule.ts";
import { rules } from "./rules/index.ts";
import { budget, budgetAdvice, budgetFaults, isInstance } from "./rules/platform/budget.ts";
import { stackRules } from "./rules/stack/index.ts";
import { isStack } from "./rules/stack/outputs.ts";

const readable: Policy = {
  name: "releases-can-be-read",
  description: "Every Helm release can be rendered, so that the rules hold for the objects inside it.",
  severity: "high",
  level: "mandatory",
  why: "Pulumi shows a release as one resource; the rules do not see what is inside one that cannot be rendered",
  fix: "name helm in HELM_BINARY or put it on PATH, and give the release values that its chart accepts",
};
const later: Policy = {
  name: "releases-judged-later",
  description: "The values of every Helm release can be known in a preview.",
  severity: "low",
  level: "advisory",
  why: "a preview does not show what the rules would refuse in the release; only the update does",
  fix: "give the values as an object with outputs in it, not as one output",
};
const wholeBudget: Policy = {
  name: "stack-within-budget",
  description: budget.description,
  severity: budget.severity,
  level: "mandatory",
  why: budget.why,
  fix: budget.fix,
  ofStack: true,
};
const highestPrice: Policy = {
  name: "launch-within-budget",
  description: "Whatever type a host is launched as, the stack stays within its budget.",
  severity: "medium",
  level: "advisory",
  why: "where the cheaper types have no capacity, an update launches a dearer one or is refused for its price",
  fix: budget.fix,
  ofStack: true,
};
const needed: Policy = {
  name: "exceptions-are-needed",
  description: "Every exception is used, and none has expired.",
  severity: "medium",
  level: "mandatory",
  why: "an exception that nothing needs would cover the next violation without a review",
  fix: "remove the exception from policies/exceptions.yaml, or fix what it covers, or renew its expiry with a reason",
  ofStack: true,
};
const policyOf = ({ name, description, severity, why, fix }: Rule | StackRule): Policy => ({
  name,
  description,
  severity,
  why,
  fix,
  level: "mandatory",
});
const resourcePolicies = rules.map((rule) => ({ rule, policy: policyOf(rule) }));
const stackPolicies = stackRules.map((rule) => ({ rule, policy: { ...policyOf(rule), ofStack: true } }));

const violation = (policy: Policy, message: string): Violation => ({
  policy,
  message: `${message}\nWhy: ${policy.why}\nFix: ${policy.fix}`,
});

/**
 * The policy pack for one stack.
 * @param resources evaluated so far; the engine sends each resource before its step, and all of them at the end
 */
export function makePack(
  name: string,
  context: Context,
  exceptions: Exceptions,
  resources: ResourceCache,
): Pack {
  async function evaluateResource(resource: Resource): Promise<Violation[]> {
    const loaded = await resources.load(resource);
    const violations: Violation[] = [];
    if (loaded.unreadable)
      violations.push(
        violation(readable, `${resource.name}: its objects cannot be rendered: ${loaded.unreadable}`),
      );
    if (loaded.later) {
      exceptions.postpone(resource.name);
      violations.push(
        violation(
          later,
          `${resource.name}: its values are unknown as a whole until the update, which evaluates its objects before it creates them`,
        ),
      );
    }
    for (const { rule, policy } of resourcePolicies) {
      const message = evaluate(rule, loaded, context, exceptions);
      if (message) violations.push({ policy, message });
    }
    return violations;
  }

  function budgetViolations(all: Resource[]): Violation[] {
    const machines = all.filter(isInstance).flatMap(
      ({ type, name: machine, props }) =>
        // Only prices and types are read, whose sums alone are shown.
        withSecrets({ type, name: machine, props }).subjects,
    );
    return [
      ...budgetFaults(context.config, machines).map((fault) => violation(wholeBudget, fault)),
      ...budgetAdvice(context.config, machines).map((advice) => violation(highestPrice, advice)),
    ];
  }

  async function evaluateStack(all: Resource[]): Promise<Violation[]> {
    // Inputs as they were sent before each step: a preview does not know all outputs. The stack's own outputs are known
    // at the end only.
    const loaded = await Promise.all(
      all.map((resource) => (isStack(resource) ? resources.load(resource) : resources.get(resource))),
    );
    const ofStack = stackPolicies.flatMap(({ rule, policy }) =>
      evaluateRule(rule, loaded, exceptions).map(({ resource, message }) =>
        violation(policy, `${resource}: ${message}`),
      ),
    );
    const present = new Set(all.map(({ name: each }) => each));
    return [
      ...budgetViolations(all),
      ...ofStack,
      ...exceptions.faults(present).map((fault) => violation(needed, fault)),
    ];
  }

  return {
    name,
    version: "0.1.0",
    policies: [
      readable,
      later,
      ...resourcePolicies.map(({ policy }) => policy),
      wholeBudget,
      highestPrice,
      ...stackPolicies.map(({ policy }) => policy),
      needed,
    ],
    evaluate: evaluateResource,
    evaluateStack,
  };
}

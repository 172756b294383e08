import { type Policies, PolicyPack, type ResourceValidationArgs } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { type Exception, Exceptions } from "./engine/exceptions.ts";
import { Docket, judge } from "./engine/judge.ts";
import type { Context, PolicySettings, Rule } from "./engine/rule.ts";
import { marked } from "./engine/subjects.ts";
import { object } from "./engine/values.ts";
import { defaultDenyText, openNamespaces } from "./rules/cluster/defaultDeny.ts";
import { rules } from "./rules/index.ts";
import { budget, budgetFaults, isInstance } from "./rules/platform/budget.ts";

/** The stack's configuration, of the project's own keys. */
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
 */
export function startPack(
  name: string,
  settings: PolicySettings,
  read: (ruleNames: string[], today: string) => Exception[],
): void {
  const today = new Date().toISOString().slice(0, 10);
  const stack = pulumi.getStack();
  const context: Context = { stack, settings, config: configOf(pulumi.getProject()) };
  const ruleNames = [...rules.map((rule) => rule.name), defaultDenyText.name];
  const exceptions = new Exceptions(read(ruleNames, today), stack, today);
  const docket = new Docket();

  const policy = (rule: Rule): Policies[number] => ({
    name: rule.name,
    description: rule.description,
    severity: rule.severity,
    remediationSteps: rule.fix,
    enforcementLevel: "mandatory",
    async validateResource(args: ResourceValidationArgs, report) {
      const said = judge(rule, await docket.case(args), context, exceptions);
      if (said) report(said);
    },
  });

  new PolicyPack(name, {
    policies: [
      {
        name: "releases-can-be-read",
        description: "The objects inside every Helm release are judged too.",
        severity: "high",
        // Changes nothing. Only to a remediation does the SDK show which values are secret, and it comes before the rules.
        enforcementLevel: "remediate",
        remediateResource: (args) => docket.enter(args),
        async validateResource(args, report) {
          const { unreadable } = await docket.case(args);
          if (unreadable) {
            report(
              `${args.name}: its objects cannot be judged: ${unreadable}\nFix: name helm in LAB_HELM or put it on PATH`,
            );
          }
        },
      },
      {
        name: "releases-judged-later",
        description: "The values of every Helm release can be known in a preview.",
        severity: "low",
        enforcementLevel: "advisory",
        async validateResource(args, report) {
          const { later } = await docket.case(args);
          if (later) {
            exceptions.postpone(args.name);
            report(
              `${args.name}: its values are unknown as a whole until the update, which judges its objects before it makes them\n` +
                "Fix: give the values as an object with outputs in it, not as one output",
            );
          }
        },
      },
      ...rules.map(policy),
      {
        name: "stack-within-budget",
        description: budget.description,
        severity: budget.severity,
        enforcementLevel: "mandatory",
        validateStack(args, report) {
          const machines = args.resources
            .filter(isInstance)
            .map(({ name, props }) => ({ name, props: object(marked(props)) }));
          for (const said of budgetFaults(context.config, machines)) report(`${said}\nFix: ${budget.fix}`);
        },
      },
      {
        ...defaultDenyText,
        enforcementLevel: "mandatory",
        async validateStack({ resources }, report) {
          // What was asked for, not what came of it: that is not known in a preview.
          const cases = await Promise.all(resources.map((resource) => docket.case(resource)));
          for (const namespace of openNamespaces(cases.flatMap(({ subjects }) => subjects))) {
            const named = `namespace ${namespace}`;
            if (exceptions.covers(defaultDenyText.name, named)) continue;
            report(
              `${named} refuses nothing: every pod in it may talk to everyone\nFix: ${defaultDenyText.fix}`,
            );
          }
        },
      },
      {
        name: "exceptions-are-needed",
        description: "Every exception is used, and none has expired.",
        severity: "medium",
        enforcementLevel: "mandatory",
        validateStack(_args, report) {
          for (const said of exceptions.faults()) report(said);
        },
      },
    ],
  });
}

import { serve } from "./analyzer/server.ts";
import { ResourceCache } from "./engine/evaluate.ts";
import { type Exception, Exceptions } from "./engine/exceptions.ts";
import type { PolicySettings } from "./engine/rule.ts";
import { object } from "./engine/values.ts";
import { makePack } from "./pack.ts";
import { rules } from "./rules/index.ts";
import { stackRules } from "./rules/stack/index.ts";

/** The stack's configuration, of the project's own keys, as the engine passes it to a pack. */
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
 * @throws when the engine named no stack: settings and exceptions depend on it
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
  const context = { stack, settings, config: configOf(project) };
  serve(makePack(name, context, exceptions, new ResourceCache()));
}

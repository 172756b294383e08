import { z } from "zod";
import type { Rule, Subject } from "../../engine/rule.ts";

const hoursPerMonth = 730;
const budgetSchema = z.object({ monthlyUsd: z.number().positive() });

/** Faults of a stack's cost against its budget. Prices that are not known yet are left to the program's own check. */
export function budgetFaults(
  config: Record<string, string>,
  instances: Pick<Subject, "name" | "props">[],
): string[] {
  if (instances.length === 0) return [];
  let given: unknown;
  try {
    given = JSON.parse(config.budget ?? "null");
  } catch {
    // Told below as what it is: no budget.
    given = undefined;
  }
  const budget = budgetSchema.safeParse(given);
  if (!budget.success)
    return ["the stack rents machines and has no budget: set sophia-infra:budget.monthlyUsd"];
  const hourly = instances.map(({ props }) => (typeof props.hourlyUsd === "number" ? props.hourlyUsd : 0));
  const monthly = Math.round(hourly.reduce((sum, each) => sum + each, 0) * hoursPerMonth);
  const limit = budget.data.monthlyUsd;
  return monthly > limit
    ? [
        `its machines (${instances.map(({ name }) => name).join(", ")}) cost $${monthly} a month, the budget is $${limit}`,
      ]
    : [];
}

/** Whether a resource is a rented machine. */
export const isInstance = ({ type }: Pick<Subject, "type">): boolean =>
  type === "pulumi-nodejs:dynamic/lambda:Instance";

export const budget: Rule = {
  name: "budget",
  description: "A stack that rents machines has a budget, and stays within it.",
  severity: "high",
  why: "a GPU that nobody planned costs as much in a month as everything else in a year",
  fix: "take the dear types out of sophia-infra:lambda.instanceTypes, drop a host, or raise sophia-infra:budget.monthlyUsd",
  judge: (subject, { config }) =>
    isInstance(subject) ? budgetFaults(config, [subject]).map((message) => ({ path: "", message })) : [],
};

import { z } from "zod";
import { hoursPerMonth } from "../../../lambda/client/hoursPerMonth.ts";
import { listHourlyUsd } from "../../../lambda/listPrices.ts";
import type { Rule, Subject } from "../../engine/rule.ts";

const budgetSchema = z.object({ monthlyUsd: z.number().positive() });
type Machine = Pick<Subject, "name" | "props">;

/**
 * What a machine costs an hour, at least and at most. One that runs has its price among its outputs; of one that is not
 * launched yet only the types are known that it may become, in order of preference. A type without a price, and an
 * adopted machine in its first preview, count as nothing: the program asks Lambda itself.
 */
function hourly({ props }: Machine): { least: number; most: number } {
  const { hourlyUsd, instanceTypes: candidates } = props;
  if (typeof hourlyUsd === "number" && hourlyUsd > 0) return { least: hourlyUsd, most: hourlyUsd };
  const prices =
    Array.isArray(candidates) && candidates.length > 0
      ? candidates.map((type) => listHourlyUsd.get(String(type)) ?? 0)
      : [0];
  return { least: Math.min(...prices), most: Math.max(...prices) };
}

const monthly = (machines: Machine[], side: "least" | "most"): number =>
  Math.round(machines.reduce((sum, machine) => sum + hourly(machine)[side], 0) * hoursPerMonth);

/** US dollars a month; undefined where there is no budget that can be read. */
function limitOf(config: Record<string, string>): number | undefined {
  try {
    return budgetSchema.safeParse(JSON.parse(config.budget ?? "null")).data?.monthlyUsd;
  } catch {
    // Reported as a missing budget.
    return undefined;
  }
}

/** Sorted: the engine registers them in another order each time. */
const named = (machines: Machine[]): string =>
  machines
    .map(({ name }) => name)
    .sort()
    .join(", ");

/** Faults of a stack's cost against its budget, by what its machines cost at least. Pure. */
export function budgetFaults(config: Record<string, string>, machines: Machine[]): string[] {
  if (machines.length === 0) return [];
  const limit = limitOf(config);
  if (limit === undefined)
    return ["the stack rents machines and has no budget: set sophia-infra:budget.monthlyUsd"];
  const least = monthly(machines, "least");
  return least > limit
    ? [`its machines (${named(machines)}) cost $${least} a month or more, the budget is $${limit}`]
    : [];
}

/** What is said, and no more, where only the dearest that the machines may become is too dear. Pure. */
export function budgetAdvice(config: Record<string, string>, machines: Machine[]): string[] {
  const limit = limitOf(config);
  const [least, most] = [monthly(machines, "least"), monthly(machines, "most")];
  return limit !== undefined && least <= limit && most > limit
    ? [
        `its machines (${named(machines)}) may cost $${most} a month at list prices, the budget is $${limit}: an update refuses what is too dear by Lambda's prices of the day`,
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
  why: "an unplanned GPU costs as much in a month as the rest of the stack in a year",
  fix: "take the dear types out of sophia-infra:lambda.instanceTypes, drop a host, or raise sophia-infra:budget.monthlyUsd",
  evaluate: (subject, { config }) =>
    isInstance(subject) ? budgetFaults(config, [subject]).map((message) => ({ path: "", message })) : [],
};

import { hoursPerMonth } from "../../lambda/client/hoursPerMonth.ts";
import { hostOf, instanceType } from "../resources.ts";
import type { CostItem, Plan } from "./plan.ts";
import type { Outcome } from "./steps.ts";
import { valueAt } from "./steps.ts";

/** Prices of machines that are not launched yet. */
export interface PriceList {
  /** US dollars an hour by instance type. */
  hourlyUsd: ReadonlyMap<string, number>;
  /** Source of the prices, e.g. `list price of 2026-09-20`. */
  source: string;
}

const cents = (usd: number): number => Math.round(usd * 100) / 100;
const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];

/** Monthly cost of a rented machine, before and after; also of an adopted one that another takes the place of. */
function hostItems(host: Outcome, prices: PriceList): CostItem[] {
  const resource = `host ${hostOf(host.name)}`;
  const { hourlyUsd: paid, adopted } = host.old.outputs;
  const hourly = number(paid);
  const before = host.kind === "create" ? 0 : hourly === undefined ? null : cents(hourly * hoursPerMonth);
  if (host.kind === "update" || host.kind === "same") {
    const type = host.new.outputs.instanceType ?? host.old.outputs.instanceType;
    return [{ resource, before, after: before, basis: typeof type === "string" ? type : "price at launch" }];
  }
  // Only what the program launched is terminated.
  const stays = host.kind !== "create" && adopted === true;
  const left = {
    resource,
    before,
    after: before,
    basis: "adopted: no longer used, keeps running and is billed",
  };
  if (host.kind === "delete") return [stays ? left : { resource, before, after: 0, basis: "terminated" }];
  const next = { resource, ...nextHost(host, prices) };
  return stays ? [left, { ...next, before: 0 }] : [{ ...next, before }];
}

/** What a host will cost that is launched or adopted. */
function nextHost({ new: { inputs } }: Outcome, prices: PriceList): Pick<CostItem, "after" | "basis"> {
  if (inputs.adopt !== undefined)
    return { after: null, basis: "adopted: runs already, at a price that the preview does not know" };
  const [costliest] = texts(inputs.instanceTypes)
    .flatMap((type) => {
      const hourly = prices.hourlyUsd.get(type);
      return hourly === undefined ? [] : [{ type, hourly }];
    })
    .sort((a, b) => b.hourly - a.hourly);
  if (!costliest) return { after: null, basis: "not launched yet, price unknown" };
  const basis = `${costliest.type}, the most expensive type it may get; ${prices.source}`;
  return { after: cents(costliest.hourly * hoursPerMonth), basis };
}

/** File systems, by the program's last estimate: only Lambda knows how much they store. */
function fileSystemItems(outcomes: Outcome[]): CostItem[] {
  const stack = outcomes.find(({ type }) => type === "pulumi:pulumi:Stack");
  const items = stack && valueAt(stack.old.outputs, "monthlyEstimate", "items");
  if (!Array.isArray(items)) return [];
  return items.flatMap((item: Record<string, unknown>) => {
    const resource = String(item.resource ?? "");
    const before = number(item.monthlyUsd) ?? null;
    return resource.startsWith("file system ")
      ? [{ resource, before, after: before, basis: String(item.basis ?? "") }]
      : [];
  });
}

/** Null when one amount is unknown. */
const sum = (amounts: (number | null)[]): number | null =>
  amounts.includes(null) ? null : cents(amounts.reduce<number>((total, each) => total + (each ?? 0), 0));

/** Monthly cost before and after. Pure. */
export function costOf(outcomes: Outcome[], config: Record<string, string>, prices: PriceList): Plan["cost"] {
  const hosts = outcomes
    .filter(({ type }) => type === instanceType)
    .flatMap((host) => hostItems(host, prices))
    .toSorted((a, b) => (a.resource < b.resource ? -1 : 1));
  // A program that failed before it registered a host: the cost is unknown.
  const items = hosts.length > 0 ? [...hosts, ...fileSystemItems(outcomes)] : [];
  const total = (side: "before" | "after") => sum(items.map((item) => item[side]));
  return { items, before: total("before"), after: total("after"), budget: budgetOf(config) };
}

function budgetOf(config: Record<string, string>): number | null {
  const text = Object.entries(config).find(([key]) => key.endsWith(":budget"))?.[1];
  try {
    const value = number(valueAt(JSON.parse(text ?? "null") ?? {}, "monthlyUsd"));
    return value !== undefined && value >= 0 ? value : null;
  } catch {
    // The program reports invalid settings itself.
    return null;
  }
}

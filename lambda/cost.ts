import { hoursPerMonth } from "./client/hoursPerMonth.ts";
import type { Catalogue } from "./client/wire.ts";

/** Lambda's price list: US dollars for a GiB of file system and month. */
const fileSystemUsdPerGibMonth = 0.2;

/** A host that runs, or one to be launched. */
export interface PricedHost {
  name: string;
  /** Actual type; empty or absent before the launch. */
  instanceType?: string;
  /** Price recorded at launch or refresh, used when live prices are unavailable. */
  hourlyUsd?: number;
  /** Types that a launch may end up with. */
  candidates?: readonly string[];
}

export interface PricedFileSystem {
  name: string;
  /** Lambda bills what is stored, not a size that was ordered. */
  bytesUsed: number;
}

interface EstimateItem {
  resource: string;
  /** Null where the price is not known. */
  monthlyUsd: number | null;
  /** Type and source of the price, for people. */
  basis: string;
}

export interface Estimate {
  items: EstimateItem[];
  /** Null as soon as one item's price is not known. */
  monthlyUsd: number | null;
}

const cents = (usd: number): number => Math.round(usd * 100) / 100;
const monthly = (hourlyUsd: number): number => cents(hourlyUsd * hoursPerMonth);

/** US dollars an hour by Lambda's live price list; undefined where it is not known. */
const livePrice = (prices: Catalogue | undefined, type: string): number | undefined => {
  const entry = prices && Object.hasOwn(prices, type) ? prices[type] : undefined;
  return entry && entry.instance_type.price_cents_per_hour / 100;
};

function hostItem(host: PricedHost, prices: Catalogue | undefined): EstimateItem {
  const resource = `host ${host.name}`;
  if (host.instanceType) {
    const live = livePrice(prices, host.instanceType);
    const hourly = live ?? host.hourlyUsd;
    if (hourly === undefined)
      return { resource, monthlyUsd: null, basis: `${host.instanceType}, price unknown` };
    const source = live === undefined ? "price at launch" : "live price";
    return { resource, monthlyUsd: monthly(hourly), basis: `${host.instanceType}, ${source}` };
  }
  const priced = (host.candidates ?? []).flatMap((type) => {
    const hourly = livePrice(prices, type);
    return hourly === undefined ? [] : [{ type, hourly }];
  });
  const [mostExpensive] = priced.sort((a, b) => b.hourly - a.hourly);
  if (!mostExpensive) return { resource, monthlyUsd: null, basis: "not launched yet, prices unknown" };
  return {
    resource,
    monthlyUsd: monthly(mostExpensive.hourly),
    basis: `${mostExpensive.type}, the most expensive candidate`,
  };
}

/**
 * Monthly cost by resource. A host that is not launched yet counts with its most expensive candidate, so that a budget
 * that passes here holds whichever type has capacity.
 */
export function estimate(
  resources: { hosts: readonly PricedHost[]; fileSystem?: PricedFileSystem | undefined },
  prices: Catalogue | undefined,
): Estimate {
  const items = resources.hosts.map((host) => hostItem(host, prices));
  if (resources.fileSystem) {
    const { name, bytesUsed } = resources.fileSystem;
    const gib = bytesUsed / 2 ** 30;
    items.push({
      resource: `file system ${name}`,
      monthlyUsd: cents(gib * fileSystemUsdPerGibMonth),
      basis: `${gib.toFixed(1)} GiB used`,
    });
  }
  const known = items.every((item) => item.monthlyUsd !== null);
  const monthlyUsd = known ? cents(items.reduce((sum, item) => sum + (item.monthlyUsd ?? 0), 0)) : null;
  return { items, monthlyUsd };
}

const dollars = (usd: number | null): string => (usd === null ? "unknown" : `$${usd.toFixed(2)}`);

/**
 * @throws when the known part of the estimate exceeds the budget.
 */
export function checkBudget(of: Estimate, monthlyUsd: number): void {
  const known = cents(of.items.reduce((sum, item) => sum + (item.monthlyUsd ?? 0), 0));
  if (known <= monthlyUsd) return;
  const lines = of.items.map((item) => `  ${item.resource}: ${dollars(item.monthlyUsd)} (${item.basis})`);
  throw new Error(
    `the stack would cost ${dollars(known)} a month, its budget is ${dollars(monthlyUsd)}:\n${lines.join("\n")}\n` +
      "Remove expensive types from lambda.instanceTypes (or from the host's instanceTypes), remove a host, or raise budget.monthlyUsd",
  );
}

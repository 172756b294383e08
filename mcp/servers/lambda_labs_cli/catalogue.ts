import { hoursPerMonth } from "../../../lambda/client/hoursPerMonth.ts";
import type { Catalogue } from "../../../lambda/client/wire.ts";
import { ToolError } from "../kit/tool.ts";

/** An instance type as a chooser wants to see it. */
export interface Offer {
  type: string;
  gpus: number;
  /** The card and its memory, in Lambda's words. */
  gpu: string | null;
  vcpus: number | null;
  memoryGib: number | null;
  storageGib: number | null;
  hourlyUsd: number;
  monthlyUsd: number;
  /** Regions that say they have one free now. A launch may be refused all the same. */
  regions: string[];
}

/** All types, the cheapest first. */
export const offersOf = (catalogue: Catalogue): Offer[] =>
  Object.values(catalogue)
    .map(({ instance_type: type, regions_with_capacity_available: regions }) => ({
      type: type.name,
      gpus: type.specs.gpus,
      gpu: type.gpu_description ?? null,
      vcpus: type.specs.vcpus ?? null,
      memoryGib: type.specs.memory_gib ?? null,
      storageGib: type.specs.storage_gib ?? null,
      hourlyUsd: type.price_cents_per_hour / 100,
      monthlyUsd: Math.round(type.price_cents_per_hour * hoursPerMonth) / 100,
      regions: regions.map(({ name }) => name).sort(),
    }))
    .sort((a, b) => a.hourlyUsd - b.hourlyUsd || a.type.localeCompare(b.type));

/** What an offer must have; what is left out does not matter. */
export interface Wish {
  available?: boolean | undefined;
  region?: string | undefined;
  minGpus?: number | undefined;
  maxHourlyUsd?: number | undefined;
  search?: string | undefined;
}

/** Offers that have all of it, in the order given. Pure. */
export const matching = (offers: Offer[], wish: Wish): Offer[] =>
  offers.filter(
    ({ type, gpu, gpus, hourlyUsd, regions }) =>
      (wish.available !== true || regions.length > 0) &&
      (wish.region === undefined || regions.includes(wish.region)) &&
      (wish.minGpus === undefined || gpus >= wish.minGpus) &&
      (wish.maxHourlyUsd === undefined || hourlyUsd <= wish.maxHourlyUsd) &&
      (wish.search === undefined || `${type} ${gpu ?? ""}`.toLowerCase().includes(wish.search.toLowerCase())),
  );

const free = (offers: Offer[]) =>
  offers
    .filter(({ regions }) => regions.length > 0)
    .slice(0, 5)
    .map(({ type, hourlyUsd }) => `${type} ($${hourlyUsd.toFixed(2)}/h)`)
    .join(", ") || "nothing";

/** Where a type would be launched. @throws ToolError that says what is free instead */
export function placeFor(offers: Offer[], type: string, region: string | undefined): [Offer, string] {
  const offer = offers.find((each) => each.type === type);
  if (!offer)
    throw new ToolError(`Lambda Cloud has no type ${type}`, "`list_instance_types` shows what it has.");
  // A named region is tried even where the list says that nothing is free: the list is late by some seconds.
  const place = region ?? offer.regions[0];
  if (place === undefined)
    throw new ToolError(
      `No ${type} is free in any region`,
      `Free now: ${free(offers)}. Or name a region to try.`,
    );
  return [offer, place];
}

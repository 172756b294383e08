import { instanceTypes } from "../../lab/cloud/data/instance-types.ts";
import type { PriceList } from "./cost.ts";

/** Lambda's public price list as the emulator has it: what a machine costs that nobody has launched yet. */
export const listPrices: PriceList = {
  hourlyUsd: new Map(instanceTypes.map(({ name, centsPerHour }) => [name, centsPerHour / 100])),
  source: "list price of 2026-09-20",
};

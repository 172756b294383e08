import { listHourlyUsd, listPriceSource } from "../../lambda/listPrices.ts";
import type { PriceList } from "./cost.ts";

/** Lambda's public price list: what a machine costs that nobody has launched yet. */
export const listPrices: PriceList = {
  hourlyUsd: listHourlyUsd,
  source: listPriceSource,
};

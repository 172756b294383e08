import { z } from "zod";
import { type CrmRecord, type ObjectType, objectTypes } from "./records.ts";
import { modifiedProperty, type Store } from "./store.ts";

/** HubSpot answers no search beyond this many results. */
const searchWindow = 10_000;

const condition = z.strictObject({
  propertyName: z.string(),
  operator: z.enum(["GTE", "BETWEEN", "EQ", "GT"]),
  value: z.coerce.string(),
  highValue: z.coerce.string().optional(),
});
const query = z.strictObject({
  filters: z.array(condition).optional(),
  filterGroups: z.array(z.strictObject({ filters: z.array(condition) })).optional(),
  sorts: z.array(z.strictObject({ propertyName: z.string(), direction: z.literal("ASCENDING") })).max(1),
  limit: z.number().int().min(1).max(200).default(10),
  after: z.coerce.number().int().min(0).default(0),
  properties: z.array(z.string()).default([]),
});

/** What a search refuses, as HubSpot's `VALIDATION_ERROR`. */
export class Refused extends Error {}

export interface Found {
  total: number;
  records: CrmRecord[];
  properties: string[];
  /** Where the next page begins. */
  after?: number;
}

const time = (text: string): number => {
  const at = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(at)) throw new Refused(`${text} is not a time`);
  return at;
};

/** `POST /crm/v3/objects/<type>/search` by time of change and id; other filters are refused by name. */
export function search(store: Store, type: ObjectType, body: unknown): Found {
  const parsed = query.safeParse(body);
  if (!parsed.success) throw new Refused(z.prettifyError(parsed.error));
  const { limit, after, properties, sorts } = parsed.data;
  const groups = parsed.data.filterGroups ?? [];
  if (groups.length > 1) throw new Refused("the emulator knows one group of filters");
  const filters = [...(parsed.data.filters ?? []), ...groups.flatMap((group) => group.filters)];
  if (after + limit > searchWindow) throw new Refused(`after + limit is beyond ${searchWindow}`);
  let [from, to, above] = [0, Number.MAX_SAFE_INTEGER, 0];
  for (const { propertyName, operator, value, highValue } of filters) {
    if (propertyName === modifiedProperty[type] && operator !== "GT") {
      from = Math.max(from, time(value));
      if (operator === "EQ") to = Math.min(to, time(value));
      if (operator === "BETWEEN") to = Math.min(to, time(highValue ?? value));
    } else if (propertyName === "hs_object_id" && operator === "GT") above = Number(value);
    else throw new Refused(`the emulator has no filter ${propertyName} ${operator}`);
  }
  const order = sorts[0]?.propertyName;
  if (order === "hs_object_id" ? from !== to : order !== modifiedProperty[type]) {
    throw new Refused(`the emulator does not sort by ${order} here`);
  }
  const objects = store.objects[type];
  const records: CrmRecord[] = [];
  let [passed, total] = [0, 0];
  for (const record of objects.changedWithin(from, to)) {
    if (record.id <= above) continue;
    if (passed++ < after) continue;
    if (records.length === limit) {
      total = above > 0 ? passed : objects.count(from, to);
      return { total, records, properties, after: after + limit };
    }
    records.push(record);
  }
  total = passed;
  return { total, records, properties };
}

/** Whether the emulator has a type of objects. */
export const isObjectType = (name: string | undefined): name is ObjectType =>
  objectTypes.some((type) => type === name);

import { hash } from "../data/random.ts";
import { Objects } from "./objects.ts";
import { type CrmRecord, firstId, type ObjectType, seeded } from "./records.ts";

/** A property's definition, as far as the captures read it. */
export interface Property {
  name: string;
  type: "string" | "number" | "datetime" | "enumeration" | "bool";
  /** HubSpot computes it, and does not report a record as changed when it does. */
  calculated?: true;
}
const property = (name: string, type: Property["type"] = "string"): Property => ({ name, type });
const calculated = (name: string, type: Property["type"]): Property => ({ name, type, calculated: true });
const shipped: Record<ObjectType, Property[]> = {
  contacts: [
    ..."email firstname lastname phone company jobtitle hubspot_owner_id country"
      .split(" ")
      .map((name) => property(name)),
    ..."lifecyclestage hs_lead_status hs_analytics_source"
      .split(" ")
      .map((name) => property(name, "enumeration")),
    ..."createdate lastmodifieddate".split(" ").map((name) => property(name, "datetime")),
    ..."hs_object_id associatedcompanyid".split(" ").map((name) => property(name, "number")),
  ],
  deals: [
    ..."dealname hubspot_owner_id".split(" ").map((name) => property(name)),
    ..."dealstage pipeline deal_currency_code dealtype"
      .split(" ")
      .map((name) => property(name, "enumeration")),
    ..."closedate createdate hs_lastmodifieddate".split(" ").map((name) => property(name, "datetime")),
    ..."amount hs_object_id".split(" ").map((name) => property(name, "number")),
    ..."hs_deal_stage_probability hs_forecast_amount".split(" ").map((name) => calculated(name, "number")),
    ..."hs_is_closed hs_is_closed_won".split(" ").map((name) => calculated(name, "bool")),
  ],
};
/** The property that says when a record was last changed. */
export const modifiedProperty: Record<ObjectType, string> = {
  contacts: "lastmodifieddate",
  deals: "hs_lastmodifieddate",
};

/** How an account is made. */
export interface Seed {
  seed: number;
  /** Contacts and deals together; a fifth are deals. */
  size: number;
  /** When its history ends, milliseconds since 1970. */
  now: number;
}

/** One account with all its records. */
export class Store {
  readonly objects: Record<ObjectType, Objects>;
  readonly properties: Record<ObjectType, Property[]>;
  #changes = 0;

  constructor({ seed, size, now }: Seed) {
    const deals = Math.floor(size / 5);
    const account = { seed, contacts: size - deals, deals, now };
    this.objects = { contacts: new Objects("contacts", account), deals: new Objects("deals", account) };
    this.properties = { contacts: [...shipped.contacts], deals: [...shipped.deals] };
  }

  /** New records that look like the seeded ones. */
  create(type: ObjectType, count: number): number[] {
    const objects = this.objects[type];
    return Array.from({ length: count }, () => {
      const record = objects.create((index) => {
        const { properties, associated } = seeded({ ...objects.account, [type]: index + 1 }, type, index);
        return { properties: { ...properties, ...this.#added(type, index) }, associated };
      });
      return record.id;
    });
  }

  /** Changes records that are there: named ones, or as many as `count` says, chosen by the seed. */
  update(type: ObjectType, count: number, properties: Record<string, string | null>): number[] {
    return this.choose(type, count).map((id) => this.set(type, id, properties));
  }

  set(type: ObjectType, id: number, properties: Record<string, string | null>): number {
    const change = this.#changes++;
    const by = type === "contacts" ? { jobtitle: `Changed ${change}` } : { amount: String(1000 + change) };
    const values = Object.keys(properties).length > 0 ? properties : { ...by, ...this.#added(type, id) };
    return this.objects[type].change(id, (record) => Object.assign(record.properties, values)).id;
  }

  /** Archives records, as HubSpot does with deleted ones. */
  archive(type: ObjectType, ids: readonly number[]): void {
    for (const id of ids) {
      this.objects[type].change(id, (record) => {
        record.archivedAt = Math.max(Date.now(), record.updatedAt + 1);
      });
    }
  }

  restore(type: ObjectType, ids: readonly number[]): void {
    for (const id of ids) this.objects[type].change(id, (record) => void delete record.archivedAt);
  }

  /** Records that are not archived, different ones, spread over all. */
  choose(type: ObjectType, count: number): number[] {
    const objects = this.objects[type];
    const chosen = new Set<number>();
    for (let tried = 0; chosen.size < count && tried < count * 20 + 100; tried++) {
      const index = hash(objects.account.seed, "choose", this.#changes++) % Math.max(1, objects.size);
      const record = objects.get(firstId[type] + index);
      if (record && record.archivedAt === undefined) chosen.add(record.id);
    }
    return [...chosen];
  }

  addProperty(type: ObjectType, added: Property): void {
    this.removeProperty(type, added.name);
    this.properties[type].push(added);
  }

  removeProperty(type: ObjectType, name: string): void {
    this.properties[type] = this.properties[type].filter((one) => one.name !== name);
  }

  /** Spoils a record's answer until `mend`. */
  poison(type: ObjectType, id: number, fields: Record<string, unknown>): void {
    this.objects[type].change(id, (record) => {
      record.poison = fields;
    });
  }

  mend(type: ObjectType, id: number): void {
    this.objects[type].change(id, (record) => void delete record.poison);
  }

  #added(type: ObjectType, salt: number): Record<string, string> {
    const own = this.properties[type].filter(({ name }) => !shipped[type].some((one) => one.name === name));
    return Object.fromEntries(own.map(({ name }) => [name, String(hash(salt, name) % 1000)]));
  }
}

/** A record as the API answers it: with the properties that were asked for and are still defined. */
export function render(store: Store, type: ObjectType, record: CrmRecord, asked: readonly string[]): object {
  const always = ["hs_object_id", "createdate", modifiedProperty[type]];
  const defined = store.properties[type].filter(({ name }) => asked.includes(name) || always.includes(name));
  const computed: Record<string, string> = {
    hs_object_id: String(record.id),
    createdate: new Date(record.createdAt).toISOString(),
    [modifiedProperty[type]]: new Date(record.updatedAt).toISOString(),
  };
  return {
    id: String(record.id),
    properties: Object.fromEntries(
      defined.map(({ name }) => [name, computed[name] ?? record.properties[name] ?? null]),
    ),
    createdAt: computed.createdate,
    updatedAt: computed[modifiedProperty[type]],
    archived: record.archivedAt !== undefined,
    ...(record.archivedAt === undefined ? {} : { archivedAt: new Date(record.archivedAt).toISOString() }),
    ...record.poison,
  };
}

import { companyOf, personOf } from "../data/people.ts";
import { between, hash, pick } from "../data/random.ts";

export type ObjectType = "contacts" | "deals";
export const objectTypes: readonly ObjectType[] = ["contacts", "deals"];

/** A record as HubSpot keeps it. Every property is text or null. */
export interface CrmRecord {
  id: number;
  /** Milliseconds since 1970. */
  createdAt: number;
  updatedAt: number;
  archivedAt?: number;
  properties: Record<string, string | null>;
  /** Ids of companies (contacts) or contacts (deals). */
  associated: number[];
  /** Top-level fields that the answer shall have instead of the right ones. */
  poison?: Record<string, unknown>;
}

/** Where the ids of a type begin. */
export const firstId: Record<ObjectType, number> = { contacts: 10_000_000_001, deals: 20_000_000_001 };
const firstCompany = 30_000_000_001;
const day = 86_400_000;

/** What the made-up account is like. */
export interface Account {
  seed: number;
  contacts: number;
  deals: number;
  /** When its history ends, milliseconds since 1970. */
  now: number;
}
const companiesOf = (account: Account): number => Math.max(1, Math.ceil(account.contacts / 12));
const owner = (seed: number, index: number): string => String(70_000_001 + (hash(seed, "owner", index) % 12));
const stages = [
  "appointmentscheduled",
  "qualifiedtobuy",
  "presentationscheduled",
  "decisionmakerboughtin",
  "contractsent",
  "closedwon",
  "closedlost",
] as const;
const lifecycles = ["subscriber", "lead", "marketingqualifiedlead", "opportunity", "customer"] as const;
const leadStates = ["NEW", "OPEN", "IN_PROGRESS", "CONNECTED", null] as const;
const sources = ["ORGANIC_SEARCH", "PAID_SEARCH", "EMAIL_MARKETING", "DIRECT_TRAFFIC", "OFFLINE"] as const;

/** When the record with this index was last changed: evenly over the year before `now`, so that order is by index. */
export function seededAt(account: Account, type: ObjectType, index: number): number {
  const span = 365 * day;
  return Math.floor(account.now - span + ((index + 1) * span) / (account[type] + 1));
}

/** The record with this index, as it was before anybody changed it. */
export function seeded(account: Account, type: ObjectType, index: number): CrmRecord {
  const updatedAt = seededAt(account, type, index);
  return type === "contacts" ? contact(account, index, updatedAt) : deal(account, index, updatedAt);
}

function contact(account: Account, index: number, updatedAt: number): CrmRecord {
  const { seed } = account;
  const person = personOf(seed, index, companiesOf(account));
  const company = firstCompany + (hash(seed, "employer", index) % companiesOf(account));
  return {
    id: firstId.contacts + index,
    createdAt: updatedAt - between(0, 300, hash(seed, "age", index)) * day,
    updatedAt,
    associated: [company],
    properties: {
      email: person.email,
      firstname: person.firstName,
      lastname: person.lastName,
      phone: person.phone,
      company: person.company,
      jobtitle: person.jobTitle,
      lifecyclestage: pick(lifecycles, hash(seed, "lifecycle", index)),
      hs_lead_status: pick(leadStates, hash(seed, "lead", index)),
      hubspot_owner_id: owner(seed, index),
      associatedcompanyid: String(company),
      hs_analytics_source: pick(sources, hash(seed, "source", index)),
      country: person.country,
    },
  };
}

function deal(account: Account, index: number, updatedAt: number): CrmRecord {
  const { seed } = account;
  const stage = pick(stages, hash(seed, "stage", index));
  const amount = between(5, 900, hash(seed, "amount", index)) * 250;
  const closing = updatedAt + between(-20, 120, hash(seed, "close", index)) * day;
  const contacts = account.contacts === 0 ? [] : [hash(seed, "buyer", index) % account.contacts];
  return {
    id: firstId.deals + index,
    createdAt: updatedAt - between(1, 200, hash(seed, "dealage", index)) * day,
    updatedAt,
    associated: contacts.map((number) => firstId.contacts + number),
    properties: {
      dealname: `${companyOf(seed, hash(seed, "dealer", index) % companiesOf(account)).name} – ${index + 1}`,
      dealstage: stage,
      pipeline: "default",
      amount: String(amount),
      deal_currency_code: pick(["EUR", "USD"], hash(seed, "currency", index)),
      closedate: new Date(closing).toISOString(),
      hubspot_owner_id: owner(seed, index + 1_000_000),
      dealtype: pick(["newbusiness", "existingbusiness"], hash(seed, "dealtype", index)),
      hs_is_closed: String(stage.startsWith("closed")),
      hs_is_closed_won: String(stage === "closedwon"),
      hs_deal_stage_probability: stage === "closedwon" ? "1" : stage === "closedlost" ? "0" : "0.4",
      hs_forecast_amount: String(Math.round(amount * 0.4)),
    },
  };
}

import type { Carried, Flow } from "./flow.ts";

/** Trouble on the way of a stream, and how it ends without anybody's help at Estuary. */
export interface Fault {
  what: string;
  /** The task that fails. */
  task: "source-hubspot" | "source-slack" | "materialize-snowflake";
  /** What gets new records while it lasts. */
  stream: Carried;
  cause(): Promise<unknown>;
  end(): Promise<unknown>;
  /** What `error_logs` tells of, where records are the cause: the field that does not fit, and the key of the only record. */
  rejected?(): { field: string; value: string; key?: string };
}

type Vendor = "hubspot" | "slack";
const streamOf = { hubspot: "hubspot_contacts", slack: "slack_messages" } as const;

/** Gives a source new records. @returns how many */
export async function addRecords({ saas }: Flow, stream: Carried): Promise<number> {
  if (stream === "slack_messages") await saas.order("slack", "change", { post: 3 });
  else await saas.order("hubspot", "change", { object: "contacts", create: 3 });
  return 3;
}

/** The faults of which nothing may be lost, nothing be there twice, and everybody be told. */
export function faultsOf({ saas, trouble, staging }: Flow): Fault[] {
  const refused = (vendor: Vendor, what: string, body: object): Fault => ({
    what: `${vendor} ${what}`,
    task: `source-${vendor}`,
    stream: streamOf[vendor],
    cause: () => saas.order(vendor, "faults", body),
    end: () => saas.order(vendor, "faults", { clear: true }),
  });
  const vendors: Vendor[] = ["hubspot", "slack"];
  let contact: unknown;
  let message = { channel: "", ts: "" };
  return [
    ...vendors.flatMap((vendor) => [
      refused(vendor, "is down", { kind: "down" }),
      refused(vendor, "says that the token expired", { kind: "tokenExpired" }),
    ]),
    // HubSpot's connector asks without end.
    refused("slack", "answers with a storm of 429", { kind: "rateLimited", retryAfter: 0 }),
    {
      what: "the warehouse is down",
      task: "materialize-snowflake",
      stream: "hubspot_contacts",
      cause: async () => Object.assign(trouble, { down: true }),
      end: async () => Object.assign(trouble, { down: false }),
    },
    {
      what: "a staging table's column has another type",
      task: "materialize-snowflake",
      stream: "hubspot_contacts",
      cause: () =>
        staging.query(`
          INSERT INTO gong_users_staging (user_id, title, _run_id, _extracted_at, _row_hash)
            VALUES ('1', 'a title', gen_random_uuid(), now(), '');
          ALTER TABLE gong_users_staging ALTER COLUMN title TYPE boolean USING true;
          UPDATE gong_users_staging SET active = true`),
      end: () =>
        staging.query(`
          ALTER TABLE gong_users_staging ALTER COLUMN title TYPE text;
          UPDATE gong_users_staging SET active = false`),
    },
    {
      what: "a field of slack has another type in every message",
      task: "source-slack",
      stream: "slack_messages",
      cause: () => saas.order("slack", "schema", { add: { reply_count: "three" } }),
      end: () => saas.order("slack", "schema", {}),
      rejected: () => ({ field: "reply_count", value: "three" }),
    },
    {
      what: "a record of hubspot does not fit",
      task: "source-hubspot",
      stream: "hubspot_contacts",
      cause: async () => {
        contact = (await saas.order("hubspot", "poison", { object: "contacts" })).id;
      },
      end: () => saas.order("hubspot", "mend", { object: "contacts", id: contact }),
      rejected: () => ({ key: String(contact), field: "archived", value: "perhaps" }),
    },
    {
      what: "a record of slack does not fit",
      task: "source-slack",
      stream: "slack_messages",
      cause: async () => {
        const { channels } = saas.slack.store;
        const [channel] = channels;
        const newest = channel && saas.slack.store.newestFirst(channel, 0, Number.MAX_SAFE_INTEGER).next();
        if (!channel || !newest || newest.done) throw new Error("there is no message to spoil");
        message = { channel: channel.id, ts: String(newest.value.message.ts) };
        await saas.order("slack", "poison", message);
      },
      end: () => saas.order("slack", "mend"),
      rejected: () => ({ key: `${message.channel} ${message.ts}`, field: "text", value: '{"not": "text"}' }),
    },
  ];
}

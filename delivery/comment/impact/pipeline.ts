import { typesOf } from "../events.ts";
import type { Effect } from "../plan.ts";
import { type Outcome, valueAt } from "../steps.ts";
import { because, type Found, forTypes, gone, type ImpactRule, nameAt, ofProvider, touches } from "./rule.ts";

/** What everything in the account at Snowflake is a part of. */
const account = "account";

/** `snowflake:index/accountRole:AccountRole`. */
const snowflake = (kind: string) => `snowflake:index/${kind.charAt(0).toLowerCase()}${kind.slice(1)}:${kind}`;

type Happens = Pick<Effect, "severity" | "what">;

/** A rule for one kind of thing in the account; `key` is what names it. */
const inAccount = (
  kind: string,
  word: string,
  happens: (outcome: Outcome) => Happens | undefined,
  key = "name",
) =>
  forTypes([snowflake(kind)], (outcome) => {
    const found = happens(outcome);
    const subject = `${word} ${nameAt(outcome, key)}`;
    return found ? [{ subject, within: account, ...found, why: because(outcome) }] : [];
  });

const dropped = (what: string) => (outcome: Outcome) => {
  if (gone(outcome)) return { severity: "data", what } as const;
  return touches(outcome, "name", "database")
    ? ({ severity: "outage", what: "it has another name: whoever uses the old one finds nothing" } as const)
    : undefined;
};

const refused = (what: string) => (outcome: Outcome) =>
  gone(outcome) ? ({ severity: "outage", what } as const) : undefined;

const warehouseRules: ImpactRule[] = [
  ofProvider("snowflake", (outcome): Found[] => {
    const subject = "Snowflake account";
    const why = because(outcome);
    // What goes with it when it is deleted speaks for itself.
    if (outcome.kind === "replace") {
      const what = "it is another one afterwards: database and tables are made again, empty";
      return [{ subject, covers: account, severity: "data", what, why }];
    }
    if (touches(outcome, "accountName", "organizationName", "host")) {
      const what = "another account is asked: what was loaded stays in the old one, and is managed no longer";
      return [{ subject, severity: "data", what, why }];
    }
    return [];
  }),
  inAccount("Database", "database", dropped("dropped with every schema and table in it")),
  inAccount("Schema", "schema", dropped("dropped with every table in it")),
  inAccount("Warehouse", "warehouse", (outcome) =>
    gone(outcome)
      ? { severity: "outage", what: "nothing loads or reads the tables until it is back; it holds no data" }
      : { severity: "none", what: "queries that run end as they began" },
  ),
  inAccount("ResourceMonitor", "monitor", (outcome) =>
    gone(outcome) ? { severity: "none", what: "the month's credits are counted from nothing" } : undefined,
  ),
  inAccount(
    "AccountRole",
    "role",
    refused("whoever works with it is refused; its tables go to another role"),
  ),
  inAccount("GrantAccountRole", "role", refused("whoever was given it is refused"), "roleName"),
  inAccount(
    "GrantPrivilegesToAccountRole",
    "role",
    refused("rights are taken from it: what they allowed is refused"),
    "accountRoleName",
  ),
  inAccount("ServiceUser", "user", (outcome) =>
    gone(outcome)
      ? { severity: "outage", what: "nobody logs in as it until it is back" }
      : touches(outcome, "rsaPublicKey")
        ? {
            severity: "restart",
            what: "it takes another key at once: whoever still has the old one is refused",
          }
        : undefined,
  ),
];

const estuary = (type: string) => `pulumi-nodejs:dynamic/estuary:${type}`;

/** Names of the collections among these specs; a name of unknown kind is taken for one. */
function collections(outcome: Outcome, names: unknown[]): string[] {
  const kindOf = (name: string) => valueAt(outcome.old.outputs, "types", name);
  const known = (name: string) => ["capture", "materialization"].includes(String(kindOf(name)));
  return names.filter((name) => typeof name === "string").filter((name) => !known(name));
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function publication(outcome: Outcome): Found[] {
  const { kind, old, new: current } = outcome;
  const subject = `publication ${nameAt(outcome, "owner")}`;
  const why = because(outcome);
  const had = list(old.inputs.names);
  // State that says nothing of what was published is no sign that there was nothing.
  const lost = collections(outcome, had.length > 0 ? had : [subject]);
  if (gone(outcome)) {
    const again =
      kind === "replace" ? ", then published again: its tasks read everything from the start" : "";
    return lost.length > 0
      ? [{ subject, severity: "data", what: `deleted with its collections${again}`, why }]
      : [{ subject, severity: "outage", what: `deleted; tables that it wrote stay${again}`, why }];
  }
  const kept = new Set(list(current.inputs.names));
  const some = collections(
    outcome,
    had.filter((name) => !kept.has(name)),
  );
  if (some.length > 0) {
    return [{ subject, severity: "data", what: `collections are deleted: ${some.join(", ")}`, why }];
  }
  const what = "specs that changed are published: their tasks restart and go on where they were";
  return [{ subject, severity: "restart", what, why }];
}

function job(outcome: Outcome): Found[] {
  const subject = `Job ${nameAt(outcome, "metadata", "name")}`;
  const why = because(outcome);
  const migrates = typesOf(outcome.urn).includes("sophia:data:Migrations");
  if (outcome.kind === "delete") {
    return [{ subject, severity: "none", what: "deleted: a run that is at work ends", why }];
  }
  const what = migrates
    ? "runs once more: migrations that are new change the schema, and going back does not undo them"
    : "runs once more";
  return [{ subject, severity: "none", what, why }];
}

/** Rules for the pipeline: the warehouse, what runs at Estuary, and jobs in the cluster. */
export const pipelineRules: ImpactRule[] = [
  ...warehouseRules,
  forTypes([estuary("Publication")], publication),
  forTypes([estuary("ReplicationSlot")], (outcome) =>
    gone(outcome)
      ? [
          {
            subject: `replication slot ${nameAt(outcome, "slot")}`,
            severity: "data",
            what: "dropped with the changes that wait in it: what was deleted meanwhile stays in the warehouse",
            why: because(outcome),
          },
        ]
      : [],
  ),
  forTypes(["kubernetes:batch/v1:Job"], job),
  forTypes(["kubernetes:batch/v1:CronJob"], (outcome) => {
    const subject = `CronJob ${nameAt(outcome, "metadata", "name")}`;
    const why = because(outcome);
    return outcome.kind === "delete"
      ? [{ subject, severity: "outage", what: "runs no more", why }]
      : [{ subject, severity: "none", what: "from its next run on; one that is at work goes on", why }];
  }),
];

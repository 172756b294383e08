import { dynamic } from "../../resources.ts";
import { typesOf } from "../events.ts";
import type { Effect } from "../plan.ts";
import { type Outcome, valueAt } from "../steps.ts";
import { because, type Found, forTypes, gone, type ImpactRule, nameAt, ofProvider, touches } from "./rule.ts";

/** Everything in the Snowflake account is part of it. */
const account = "account";

/** `snowflake:index/accountRole:AccountRole`. */
const snowflake = (kind: string) => `snowflake:index/${kind.charAt(0).toLowerCase()}${kind.slice(1)}:${kind}`;

type Happens = Pick<Effect, "severity" | "what">;

/** A rule for one kind of object in the account; `key` is the property with its name. */
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
    ? ({ severity: "outage", what: "renamed: users of the old name fail" } as const)
    : undefined;
};

const refused = (what: string) => (outcome: Outcome) =>
  gone(outcome) ? ({ severity: "outage", what } as const) : undefined;

const warehouseRules: ImpactRule[] = [
  ofProvider("snowflake", (outcome): Found[] => {
    const subject = "Snowflake account";
    const why = because(outcome);
    // When it is deleted, the resources in it have effects of their own.
    if (outcome.kind === "replace") {
      const what = "replaced by another account: database and tables are created again, empty";
      return [{ subject, covers: account, severity: "data", what, why }];
    }
    if (touches(outcome, "accountName", "organizationName", "host")) {
      const what = "another account is used: loaded data stays in the old one, which is no longer managed";
      return [{ subject, severity: "data", what, why }];
    }
    return [];
  }),
  inAccount("Database", "database", dropped("dropped with every schema and table in it")),
  inAccount("Schema", "schema", dropped("dropped with every table in it")),
  inAccount("Warehouse", "warehouse", (outcome) =>
    gone(outcome)
      ? {
          severity: "outage",
          what: "tables cannot be loaded or read until it is created again; it holds no data",
        }
      : { severity: "none", what: "running queries are not affected" },
  ),
  inAccount("ResourceMonitor", "monitor", (outcome) =>
    gone(outcome)
      ? { severity: "none", what: "this month's credits are counted again from zero" }
      : undefined,
  ),
  inAccount("AccountRole", "role", refused("its users are denied access; its tables pass to another role")),
  inAccount("GrantAccountRole", "role", refused("users that had it are denied access"), "roleName"),
  inAccount(
    "GrantPrivilegesToAccountRole",
    "role",
    refused("privileges are revoked from it"),
    "accountRoleName",
  ),
  inAccount("ServiceUser", "user", (outcome) =>
    gone(outcome)
      ? { severity: "outage", what: "logins fail until it is created again" }
      : touches(outcome, "rsaPublicKey")
        ? {
            severity: "restart",
            what: "the new key is valid immediately; logins with the old one fail",
          }
        : undefined,
  ),
];

/** Names of the collections among these specs; a spec of unknown kind counts as one. */
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
  // State without names does not mean that nothing was published.
  const lost = collections(outcome, had.length > 0 ? had : [subject]);
  if (gone(outcome)) {
    const again = kind === "replace" ? ", then published again: its tasks read all data from the start" : "";
    return lost.length > 0
      ? [{ subject, severity: "data", what: `deleted with its collections${again}`, why }]
      : [{ subject, severity: "outage", what: `deleted; the tables that it wrote stay${again}`, why }];
  }
  const kept = new Set(list(current.inputs.names));
  const some = collections(
    outcome,
    had.filter((name) => !kept.has(name)),
  );
  if (some.length > 0) {
    return [{ subject, severity: "data", what: `collections are deleted: ${some.join(", ")}`, why }];
  }
  const what = "changed specs are published: their tasks restart and continue from their last position";
  return [{ subject, severity: "restart", what, why }];
}

function job(outcome: Outcome): Found[] {
  const subject = `Job ${nameAt(outcome, "metadata", "name")}`;
  const why = because(outcome);
  const migrates = typesOf(outcome.urn).includes("sophia:data:Migrations");
  if (outcome.kind === "delete") {
    return [{ subject, severity: "none", what: "deleted; a running job is stopped", why }];
  }
  const what = migrates
    ? "runs again: new migrations change the schema, and a roll-back does not undo them"
    : "runs again";
  return [{ subject, severity: "none", what, why }];
}

/** Rules for the pipeline: the warehouse, Estuary's tasks, and jobs in the cluster. */
export const pipelineRules: ImpactRule[] = [
  ...warehouseRules,
  forTypes([dynamic("estuary:Publication")], publication),
  forTypes([dynamic("estuary:ReplicationSlot")], (outcome) =>
    gone(outcome)
      ? [
          {
            subject: `replication slot ${nameAt(outcome, "slot")}`,
            severity: "data",
            what: "dropped with the changes that it has not delivered: rows deleted since then stay in the warehouse",
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
      ? [{ subject, severity: "outage", what: "no longer runs", why }]
      : [{ subject, severity: "none", what: "effective from its next run; a running one continues", why }];
  }),
];

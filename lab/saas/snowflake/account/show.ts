import type { Result } from "../engine.ts";
import { missing } from "../fault.ts";
import { type Account, type Grant, keyOf, nameOfKey } from "./account.ts";
import type { Property, Statement, Target } from "./statements.ts";
import { written } from "./tokens.ts";

type Cell = string | null;

/** A result of texts, from rows by column. */
function tableOf(columns: readonly string[], rows: Record<string, Cell>[]): Result {
  return {
    columns: columns.map((name) => ({ name, type: "text", nullable: true })),
    rows: rows.map((row) => columns.map((name) => row[name] ?? null)),
    stats: null,
  };
}

const textOf = (value: Property | undefined): Cell => {
  if (value === undefined) return null;
  return Array.isArray(value) ? value.join(", ") : String(value);
};

const likeness = (pattern: string) =>
  new RegExp(
    `^${pattern
      .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
      .replaceAll("%", ".*")
      .replaceAll("_", ".")}$`,
    "i",
  );

/** Columns of each SHOW that come from properties, by column. */
const shownProperties = {
  ROLE: { comment: "COMMENT" },
  USER: {
    type: "TYPE",
    disabled: "DISABLED",
    default_role: "DEFAULT_ROLE",
    default_warehouse: "DEFAULT_WAREHOUSE",
    comment: "COMMENT",
  },
  WAREHOUSE: {
    size: "WAREHOUSE_SIZE",
    auto_suspend: "AUTO_SUSPEND",
    auto_resume: "AUTO_RESUME",
    resource_monitor: "RESOURCE_MONITOR",
    comment: "COMMENT",
  },
  "RESOURCE MONITOR": {
    credit_quota: "CREDIT_QUOTA",
    frequency: "FREQUENCY",
    start_time: "START_TIMESTAMP",
    notify_users: "NOTIFY_USERS",
  },
} as const;

function objectsOf(account: Account, { what, like }: Extract<Statement, { do: "show" }>): Result {
  if (what === "DATABASE" || what === "SCHEMA") throw new Error(`the engine shows each ${what}`);
  const properties = Object.entries(shownProperties[what]);
  const rows = Object.entries(account.objects[what])
    .map(([key, held]) => ({ name: nameOfKey(key)[0] ?? "", held }))
    .filter(({ name }) => like === undefined || likeness(like).test(name))
    .map(({ name, held }) => ({
      name,
      owner: held.owner,
      ...Object.fromEntries(
        properties.map(([column, property]) => [column, textOf(held.properties[property])]),
      ),
      ...(what === "USER" && { has_rsa_public_key: String(held.properties.RSA_PUBLIC_KEY !== undefined) }),
      ...(held.state && { state: held.state }),
      ...(held.triggers && triggerColumns(held.triggers)),
    }));
  const extra =
    what === "USER"
      ? ["has_rsa_public_key"]
      : what === "WAREHOUSE"
        ? ["state"]
        : what === "RESOURCE MONITOR"
          ? ["notify_at", "suspend_at", "suspend_immediately_at"]
          : [];
  return tableOf(["name", ...extra, ...properties.map(([column]) => column), "owner"], rows);
}

function triggerColumns(triggers: { percent: number; action: string }[]): Record<string, Cell> {
  const at = (action: string) =>
    triggers
      .filter((trigger) => trigger.action === action)
      .map(({ percent }) => `${percent}%`)
      .join(",") || null;
  return {
    notify_at: at("NOTIFY"),
    suspend_at: at("SUSPEND"),
    suspend_immediately_at: at("SUSPEND_IMMEDIATE"),
  };
}

const grantColumns = ["privilege", "granted_on", "name", "granted_to", "grantee_name"];

const targetName = (target: Target): string =>
  target.on === "ACCOUNT"
    ? "ACCOUNT"
    : target.on === "OBJECT"
      ? written(target.name)
      : `${written(target.name)}.<${target.kind}>`;

const grantRow = ({ privilege, target, role }: Grant): Record<string, Cell> => ({
  privilege,
  granted_on: target.on === "ACCOUNT" ? "ACCOUNT" : target.kind.replaceAll(" ", "_"),
  name: targetName(target),
  granted_to: "ROLE",
  grantee_name: role,
});

function grantsOf(account: Account, { of }: Extract<Statement, { do: "show grants" }>): Result {
  if ("future" in of) {
    const rows = account.grants.filter(
      ({ target }) => target.on === "FUTURE" && keyOf(target.name) === keyOf(of.future),
    );
    return tableOf(grantColumns, rows.map(grantRow));
  }
  if ("role" in of) {
    const given = account.memberships.filter(({ role }) => role === of.role);
    return tableOf(
      ["role", "granted_to", "grantee_name"],
      given.map(({ role, to }) => ({ role, granted_to: to.kind, grantee_name: to.name })),
    );
  }
  if (!account.objects[of.to][keyOf([of.name])]) throw missing(of.to, of.name);
  const roles = account.memberships
    .filter(({ to }) => to.kind === of.to && to.name === of.name)
    .map(({ role }) => ({
      privilege: "USAGE",
      granted_on: "ROLE",
      name: role,
      granted_to: of.to,
      grantee_name: of.name,
    }));
  const privileges =
    of.to === "ROLE"
      ? account.grants.filter(({ role, target }) => role === of.name && target.on !== "FUTURE")
      : [];
  return tableOf(grantColumns, [...privileges.map(grantRow), ...roles]);
}

/** Answers SHOW. Pure. */
export const show = (
  account: Account,
  statement: Extract<Statement, { do: "show" | "show grants" }>,
): Result => (statement.do === "show" ? objectsOf(account, statement) : grantsOf(account, statement));

import type { ResourceType } from "../kit/resources.ts";
import { Fields, type Input } from "../kit/schema.ts";
import type { Properties } from "../kit/values.ts";
import { objectType } from "./objects.ts";

const string: Input = { type: "string" };
const number: Input = { type: "number" };
const comment = { comment: { sql: "COMMENT", form: "text" } } as const;

export const database = objectType({
  kind: "DATABASE",
  properties: { ...comment, dataRetentionTimeInDays: { sql: "DATA_RETENTION_TIME_IN_DAYS", form: "number" } },
  inputs: { comment: string, dataRetentionTimeInDays: number },
});

export const schema = objectType({
  kind: "SCHEMA",
  properties: { ...comment, dataRetentionTimeInDays: { sql: "DATA_RETENTION_TIME_IN_DAYS", form: "number" } },
  inputs: {
    database: { ...string, required: true, replace: true },
    comment: string,
    dataRetentionTimeInDays: number,
  },
});

export const accountRole = objectType({
  kind: "ROLE",
  properties: comment,
  inputs: { comment: string },
  shown: { comment: "comment" },
});

export const warehouse = objectType({
  kind: "WAREHOUSE",
  properties: {
    warehouseSize: { sql: "WAREHOUSE_SIZE", form: "text" },
    autoSuspend: { sql: "AUTO_SUSPEND", form: "number" },
    autoResume: { sql: "AUTO_RESUME", form: "flag" },
    resourceMonitor: { sql: "RESOURCE_MONITOR", form: "name" },
    statementTimeoutInSeconds: { sql: "STATEMENT_TIMEOUT_IN_SECONDS", form: "number" },
    ...comment,
  },
  atCreation: { initiallySuspended: { sql: "INITIALLY_SUSPENDED", form: "flag" } },
  inputs: {
    warehouseSize: string,
    autoSuspend: number,
    autoResume: { type: "string", oneOf: ["true", "false", "default"] },
    initiallySuspended: { type: "boolean" },
    resourceMonitor: string,
    statementTimeoutInSeconds: number,
    comment: string,
  },
  shown: { warehouseSize: "size", autoSuspend: "auto_suspend", resourceMonitor: "resource_monitor" },
});

export const serviceUser = objectType({
  kind: "USER",
  properties: {
    rsaPublicKey: { sql: "RSA_PUBLIC_KEY", form: "text" },
    rsaPublicKey2: { sql: "RSA_PUBLIC_KEY_2", form: "text" },
    defaultRole: { sql: "DEFAULT_ROLE", form: "name" },
    defaultWarehouse: { sql: "DEFAULT_WAREHOUSE", form: "name" },
    disabled: { sql: "DISABLED", form: "flag" },
    quotedIdentifiersIgnoreCase: { sql: "QUOTED_IDENTIFIERS_IGNORE_CASE", form: "flag" },
    ...comment,
  },
  inputs: {
    rsaPublicKey: string,
    rsaPublicKey2: string,
    defaultRole: string,
    defaultWarehouse: string,
    disabled: { type: "string", oneOf: ["true", "false", "default"] },
    quotedIdentifiersIgnoreCase: { type: "boolean" },
    comment: string,
  },
  tail: () => "TYPE = SERVICE",
  shown: { defaultRole: "default_role", defaultWarehouse: "default_warehouse", comment: "comment" },
});

function triggers(inputs: Properties): string {
  const fields = new Fields(inputs);
  const notify = inputs.notifyTriggers;
  const percents = Array.isArray(notify) ? notify.filter((percent) => typeof percent === "number") : [];
  const suspend = fields.number("suspendTrigger");
  const immediate = fields.number("suspendImmediateTrigger");
  const all = [
    ...percents.map((percent) => `ON ${percent} PERCENT DO NOTIFY`),
    ...(suspend === undefined ? [] : [`ON ${suspend} PERCENT DO SUSPEND`]),
    ...(immediate === undefined ? [] : [`ON ${immediate} PERCENT DO SUSPEND_IMMEDIATE`]),
  ];
  return all.length > 0 ? `TRIGGERS ${all.join(" ")}` : "";
}

const monitor = objectType({
  kind: "RESOURCE MONITOR",
  properties: {
    creditQuota: { sql: "CREDIT_QUOTA", form: "number" },
    frequency: { sql: "FREQUENCY", form: "word" },
    startTimestamp: { sql: "START_TIMESTAMP", form: "text" },
    notifyUsers: { sql: "NOTIFY_USERS", form: "names" },
  },
  inputs: {
    creditQuota: number,
    frequency: { type: "string", oneOf: ["MONTHLY", "DAILY", "WEEKLY", "YEARLY", "NEVER"] },
    startTimestamp: string,
    notifyTriggers: { type: "array", each: number },
    notifyUsers: { type: "array", each: string },
    suspendTrigger: number,
    suspendImmediateTrigger: number,
  },
  tail: triggers,
  shown: { creditQuota: "credit_quota" },
});

export const resourceMonitor: ResourceType = {
  ...monitor,
  /** Snowflake requires both or neither. */
  check({ frequency, startTimestamp }) {
    if ((frequency === undefined) === (startTimestamp === undefined)) return [];
    const reason = "frequency and startTimestamp must be given together";
    return [{ property: frequency === undefined ? "frequency" : "startTimestamp", reason }];
  },
};

import { notSupported, syntaxError } from "../fault.ts";
import { Reader, tokensOf } from "./tokens.ts";

/** What of an account DuckDB has not. Databases and schemas are in both: here is who owns them. */
const kinds = ["RESOURCE MONITOR", "WAREHOUSE", "DATABASE", "SCHEMA", "ROLE", "USER"] as const;
export type Kind = (typeof kinds)[number];

/** A property's value; lists are of names. */
export type Property = string | number | boolean | string[];
export type Properties = Record<string, Property>;
/** When a resource monitor does what. */
export interface Trigger {
  percent: number;
  action: "NOTIFY" | "SUSPEND" | "SUSPEND_IMMEDIATE";
}

/** What privileges are granted on. */
export type Target =
  | { on: "ACCOUNT" }
  | { on: "OBJECT"; kind: string; name: string[] }
  /** `kind` in the singular: FUTURE TABLES IN SCHEMA x. */
  | { on: "FUTURE" | "ALL"; kind: string; in: "SCHEMA" | "DATABASE"; name: string[] };

export type Statement =
  | {
      do: "create";
      kind: Kind;
      name: string[];
      ifNotExists: boolean;
      properties: Properties;
      triggers: Trigger[];
    }
  | {
      do: "alter";
      kind: Kind;
      name: string[];
      set: Properties;
      unset: string[];
      triggers?: Trigger[] | undefined;
      state?: "SUSPENDED" | "STARTED" | undefined;
    }
  | { do: "drop"; kind: Kind; name: string[]; ifExists: boolean }
  | { do: "grant role" | "revoke role"; role: string; to: { kind: "ROLE" | "USER"; name: string } }
  | { do: "grant" | "revoke"; privileges: string[]; target: Target; role: string }
  | { do: "show"; what: Kind; like?: string | undefined }
  | {
      do: "show grants";
      of: { to: "ROLE" | "USER"; name: string } | { role: string } | { future: string[] };
    };

const plurals: Record<string, string> = { DATABASES: "DATABASE", SCHEMAS: "SCHEMA", STAGES: "STAGE" };
const singular = (words: string) => plurals[words] ?? words.replace(/S$/, "");

function properties(reader: Reader): { properties: Properties; triggers?: Trigger[] } {
  const found: Properties = {};
  let triggers: Trigger[] | undefined;
  while (!reader.done) {
    if (reader.take("TRIGGERS")) {
      triggers = triggersOf(reader);
      continue;
    }
    reader.take(",");
    const name = reader.identifier();
    reader.expect("=");
    found[name] = value(reader);
  }
  return { properties: found, ...(triggers && { triggers }) };
}

function value(reader: Reader): Property {
  if (reader.take("(")) {
    const list: string[] = [];
    while (!reader.take(")")) {
      list.push(reader.next().value);
      reader.take(",");
    }
    return list;
  }
  const token = reader.next();
  if (token.kind === "number") return Number(token.value);
  if (token.kind === "sign") throw syntaxError(`unexpected '${token.value}'`);
  if (token.kind === "word" && (token.value === "TRUE" || token.value === "FALSE"))
    return token.value === "TRUE";
  return token.value;
}

function triggersOf(reader: Reader): Trigger[] {
  const triggers: Trigger[] = [];
  while (reader.take("ON")) {
    const percent = Number(reader.next().value);
    reader.expect("PERCENT DO");
    const action = reader.oneOf(["SUSPEND_IMMEDIATE", "SUSPEND", "NOTIFY"]);
    if (!action || !Number.isFinite(percent)) throw syntaxError("a trigger is ON n PERCENT DO action");
    triggers.push({ percent, action });
  }
  return triggers;
}

function create(reader: Reader): Statement | undefined {
  const replace = reader.take("OR REPLACE");
  reader.take("TRANSIENT");
  const kind = reader.oneOf(kinds);
  if (!kind) return undefined;
  if (replace) throw notSupported(`CREATE OR REPLACE ${kind}: it drops what others were granted`);
  const ifNotExists = reader.take("IF NOT EXISTS");
  const name = reader.name();
  const managed = reader.take("WITH MANAGED ACCESS");
  reader.take("WITH");
  const { properties: given, triggers = [] } = properties(reader);
  const all = managed ? { ...given, MANAGED_ACCESS: true } : given;
  return { do: "create", kind, name, ifNotExists, properties: all, triggers };
}

function alter(reader: Reader): Statement | undefined {
  const kind = reader.oneOf(kinds);
  if (!kind) return undefined;
  reader.take("IF EXISTS");
  const name = reader.name();
  const base = { do: "alter", kind, name, set: {}, unset: [] } as const;
  if (reader.take("SUSPEND")) return { ...base, unset: [], state: "SUSPENDED" };
  if (reader.take("RESUME")) {
    reader.take("IF SUSPENDED");
    return { ...base, unset: [], state: "STARTED" };
  }
  if (reader.take("UNSET")) {
    const unset = [reader.identifier()];
    while (reader.take(",")) unset.push(reader.identifier());
    reader.end();
    return { ...base, unset };
  }
  if (reader.take("SET") || reader.peek()?.value === "TRIGGERS") {
    const { properties: set, triggers } = properties(reader);
    return { ...base, unset: [], set, triggers };
  }
  throw notSupported(`ALTER ${kind} … ${reader.peek()?.value ?? ""}: only SET, UNSET, SUSPEND and RESUME`);
}

function target(reader: Reader): Target {
  if (reader.take("ACCOUNT")) return { on: "ACCOUNT" };
  const on = reader.oneOf(["FUTURE", "ALL"]);
  const words = [reader.identifier()];
  // RESOURCE MONITOR, FILE FORMATS, EXTERNAL TABLES: two words before a name.
  if (["RESOURCE", "FILE", "EXTERNAL", "MATERIALIZED"].includes(words[0] ?? ""))
    words.push(reader.identifier());
  const kind = words.join(" ");
  if (!on) return { on: "OBJECT", kind, name: reader.name() };
  reader.expect("IN");
  const inside = reader.oneOf(["SCHEMA", "DATABASE"]);
  if (!inside) throw syntaxError(`${on} ${kind} must be IN SCHEMA or IN DATABASE`);
  return { on, kind: singular(kind), in: inside, name: reader.name() };
}

function privilegesOf(reader: Reader): string[] {
  if (reader.take("ALL PRIVILEGES") || reader.take("ALL")) return ["ALL PRIVILEGES"];
  const privileges: string[] = [];
  do {
    const words: string[] = [];
    while (reader.peek()?.kind === "word" && reader.peek()?.value !== "ON") words.push(reader.identifier());
    privileges.push(words.join(" "));
  } while (reader.take(","));
  return privileges;
}

function grant(reader: Reader, verb: "grant" | "revoke"): Statement {
  const preposition = verb === "grant" ? "TO" : "FROM";
  if (reader.take("ROLE")) {
    const role = reader.identifier();
    reader.expect(preposition);
    const kind = reader.oneOf(["ROLE", "USER"]);
    if (!kind) throw syntaxError(`GRANT ROLE ${role} wants ROLE or USER`);
    const to = { kind, name: reader.identifier() };
    reader.end();
    return { do: `${verb} role`, role, to };
  }
  const privileges = privilegesOf(reader);
  if (privileges.includes("OWNERSHIP")) throw notSupported("GRANT OWNERSHIP");
  reader.expect("ON");
  const on = target(reader);
  reader.expect(preposition);
  reader.take("ROLE");
  const role = reader.identifier();
  if (reader.take("WITH GRANT OPTION")) throw notSupported("WITH GRANT OPTION");
  reader.take("CASCADE");
  reader.end();
  return { do: verb, privileges, target: on, role };
}

const shown: Record<string, Kind> = { ROLES: "ROLE", USERS: "USER", WAREHOUSES: "WAREHOUSE" };

function show(reader: Reader): Statement | undefined {
  if (reader.take("FUTURE GRANTS IN SCHEMA")) return { do: "show grants", of: { future: reader.name() } };
  if (reader.take("GRANTS OF ROLE")) return { do: "show grants", of: { role: reader.identifier() } };
  if (reader.take("GRANTS TO")) {
    const to = reader.oneOf(["ROLE", "USER"]);
    if (!to) throw syntaxError("SHOW GRANTS TO wants ROLE or USER");
    return { do: "show grants", of: { to, name: reader.identifier() } };
  }
  if (reader.take("GRANTS")) throw notSupported("SHOW GRANTS other than TO ROLE, TO USER, OF ROLE");
  const plural = reader.oneOf(["ROLES", "USERS", "WAREHOUSES", "RESOURCE MONITORS"]);
  if (!plural) return undefined;
  const what = shown[plural] ?? "RESOURCE MONITOR";
  return { do: "show", what, like: reader.take("LIKE") ? reader.next().value : undefined };
}

/**
 * Reads what is about the account: roles, users, warehouses, resource monitors, grants, owners. Pure.
 *
 * @returns undefined for everything else, which is the engine's
 * @throws SnowflakeFault on what is wrong, or is not kept here
 */
export function parseStatement(sql: string): Statement | undefined {
  const reader = new Reader(tokensOf(sql));
  if (reader.take("CREATE")) return create(reader);
  if (reader.take("ALTER")) return alter(reader);
  if (reader.take("DROP")) {
    const kind = reader.oneOf(kinds);
    if (!kind) return undefined;
    const ifExists = reader.take("IF EXISTS");
    const name = reader.name();
    reader.oneOf(["CASCADE", "RESTRICT"]);
    reader.end();
    return { do: "drop", kind, name, ifExists };
  }
  if (reader.take("GRANT")) return grant(reader, "grant");
  if (reader.take("REVOKE")) return grant(reader, "revoke");
  if (reader.take("SHOW")) return show(reader);
  return undefined;
}

import type { Inspection, ObjectName } from "../engine.ts";
import { missing, notAllowed } from "../fault.ts";
import { type Account, keyOf, rolesWithin } from "./account.ts";
import type { Kind, Statement, Target } from "./statements.ts";
import { written } from "./tokens.ts";

const same = (a: readonly string[], b: readonly string[]) => keyOf(a) === keyOf(b);

/** Whether a grant on `target` covers that object. ALL was spread over the objects of its time when it was granted. */
function covers(target: Target, kind: string, name: readonly string[]): boolean {
  if (target.on === "ACCOUNT") return kind === "ACCOUNT";
  if (target.on === "OBJECT") return target.kind === kind && same(target.name, name);
  return false;
}

/** Somebody who acts: one role with all that it was granted. */
export class Actor {
  readonly #account: Account;
  readonly #roles: Set<string>;
  readonly role: string;
  constructor(account: Account, role: string) {
    this.#account = account;
    this.#roles = rolesWithin(account, role);
    this.role = role;
  }

  is(role: string): boolean {
    return this.#roles.has(role);
  }
  owns(kind: Kind | "TABLE", name: readonly string[]): boolean {
    const held = this.#account.objects[kind][keyOf(name)];
    return this.is("ACCOUNTADMIN") || (held !== undefined && this.is(held.owner));
  }
  /** Whether one of its roles was granted one of the privileges, or all, or owns the object. */
  has(privileges: readonly string[], kind: string, name: readonly string[]): boolean {
    if (this.is("ACCOUNTADMIN")) return true;
    const owned = this.#account.objects[kind as Kind]?.[keyOf(name)];
    if (owned && this.is(owned.owner)) return true;
    return this.#account.grants.some(
      (grant) =>
        this.is(grant.role) &&
        (privileges.includes(grant.privilege) || grant.privilege === "ALL PRIVILEGES") &&
        covers(grant.target, kind, name),
    );
  }
}

const demand = (allowed: boolean, what: string): void => {
  if (!allowed) throw notAllowed(what);
};

const makers: Record<string, string> = {
  ROLE: "USERADMIN",
  USER: "USERADMIN",
  DATABASE: "SYSADMIN",
  WAREHOUSE: "SYSADMIN",
};

/** Whether a role may change the account so. @throws SnowflakeFault */
export function authoriseStatement(actor: Actor, statement: Statement): void {
  const { may, what } = rightOf(actor, statement);
  demand(may, what);
}

function rightOf(actor: Actor, statement: Statement): { may: boolean; what: string } {
  switch (statement.do) {
    case "create": {
      const { kind, name } = statement;
      // Snowflake leaves resource monitors to the account's administrators.
      if (kind === "RESOURCE MONITOR") return { may: actor.is("ACCOUNTADMIN"), what: "account" };
      if (kind === "SCHEMA") {
        const database = name.slice(0, 1);
        const may = actor.has(["CREATE SCHEMA"], "DATABASE", database);
        return { may, what: `database ${written(database)}` };
      }
      const maker = actor.is(makers[kind] ?? "ACCOUNTADMIN");
      return { may: maker || actor.has([`CREATE ${kind}`], "ACCOUNT", []), what: "account" };
    }
    case "alter":
    case "drop": {
      const { kind, name } = statement;
      const modifies = statement.do === "alter" && actor.has(["MODIFY"], kind, name);
      return { may: modifies || actor.owns(kind, name), what: `${kind.toLowerCase()} ${written(name)}` };
    }
    case "grant role":
    case "revoke role": {
      const { role } = statement;
      return { may: actor.is("SECURITYADMIN") || actor.owns("ROLE", [role]), what: `role ${role}` };
    }
    case "grant":
    case "revoke": {
      const { target } = statement;
      const owner = target.on === "OBJECT" && actor.owns(target.kind as Kind, target.name);
      return { may: owner || actor.is("SECURITYADMIN"), what: "what it would grant" };
    }
    default:
      return { may: true, what: "" };
  }
}

const needed: Record<string, readonly string[]> = {
  SELECT: ["SELECT"],
  DESCRIBE: ["SELECT", "INSERT", "UPDATE", "DELETE"],
  INSERT: ["INSERT"],
  UPDATE: ["UPDATE"],
  DELETE: ["DELETE"],
  TRUNCATE: ["TRUNCATE"],
};
const merging = [["INSERT"], ["UPDATE"], ["DELETE"]] as const;

/** Names as a session sees them: those of its temporary tables are its own. */
export interface Session {
  actor: Actor;
  warehouse?: string | undefined;
  temporary: ReadonlySet<string>;
}

const title = (name: ObjectName) => written(name.map((part) => part ?? "?"));
const isInformation = (name: ObjectName) => name[1]?.toUpperCase() === "INFORMATION_SCHEMA";

function reach(actor: Actor, [database = "", schema = ""]: ObjectName): void {
  demand(actor.has(["USAGE"], "DATABASE", [database]), `database '${database}'`);
  demand(actor.has(["USAGE"], "SCHEMA", [database, schema]), `schema '${schema}'`);
}

/** Whether a session may do what a statement would. @throws SnowflakeFault */
export function authoriseQuery({ actor, warehouse, temporary }: Session, seen: Inspection): void {
  const own = (name: ObjectName) => temporary.has(keyOf(name));
  const computes = ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"].includes(seen.action);
  if (computes && seen.reads.length + (seen.writes ? 1 : 0) > 0) {
    if (!warehouse) throw notAllowed("a table: no active warehouse is selected in the current session");
    demand(actor.has(["USAGE"], "WAREHOUSE", [warehouse]), `warehouse '${warehouse}'`);
  }
  for (const name of seen.action === "SHOW" ? [] : seen.reads) {
    if (own(name) || isInformation(name)) continue;
    reach(actor, name);
    const wanted = needed[seen.action === "DESCRIBE" ? "DESCRIBE" : "SELECT"] ?? [];
    // As Snowflake, which does not tell what a role may not read from what is not there.
    if (!actor.has(wanted, "TABLE", name)) throw missing("Object", title(name));
  }
  if (seen.writes && !own(seen.writes)) {
    reach(actor, seen.writes);
    const lists = seen.action === "MERGE" ? merging : [needed[seen.action] ?? []];
    for (const privileges of lists)
      demand(actor.has(privileges, "TABLE", seen.writes), `table '${title(seen.writes)}'`);
  }
  if (seen.object && !(seen.temporary || own(seen.object))) authoriseObject(actor, seen, seen.object);
}

function authoriseObject(actor: Actor, { action, kind }: Inspection, name: ObjectName): void {
  if (action !== "CREATE") {
    demand(actor.owns("TABLE", name), `${kind.toLowerCase()} '${title(name)}'`);
    return;
  }
  reach(actor, name);
  const schema = name.slice(0, 2);
  demand(actor.has([`CREATE ${kind}`], "SCHEMA", schema), `schema '${written(schema)}'`);
}

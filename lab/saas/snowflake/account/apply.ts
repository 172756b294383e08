import type { ObjectName } from "../engine.ts";
import { exists, missing, notSupported } from "../fault.ts";
import { type Account, type Grant, type Held, keyOf, nameOfKey, systemRoles } from "./account.ts";
import type { Kind, Statement, Target } from "./statements.ts";
import { written } from "./tokens.ts";

const title = (kind: string) => kind.charAt(0) + kind.slice(1).toLowerCase();

function heldOf(account: Account, kind: Kind | "TABLE", name: ObjectName): Held {
  const held = account.objects[kind]?.[keyOf(name)];
  if (!held) throw missing(title(kind), written(name));
  return held;
}

const sameTarget = (a: Target, b: Target) => JSON.stringify(a) === JSON.stringify(b);
const sameGrant = (a: Grant, b: Grant) =>
  a.role === b.role && a.privilege === b.privilege && sameTarget(a.target, b.target);

function add(account: Account, grant: Grant): void {
  if (!account.grants.some((each) => sameGrant(each, grant))) account.grants.push(grant);
}

const within = (target: Extract<Target, { on: "FUTURE" | "ALL" }>, name: ObjectName) =>
  target.name.every((part, index) => part === name[index]);

/** A target's concrete objects: ALL is what is there now. */
function spread(account: Account, target: Target): Target[] {
  if (target.on !== "ALL") return [target];
  if (target.kind !== "TABLE") throw notSupported(`grants on ALL ${target.kind}S`);
  return Object.keys(account.objects.TABLE)
    .map(nameOfKey)
    .filter((name) => within(target, name))
    .map((name) => ({ on: "OBJECT", kind: "TABLE", name }));
}

function checkTarget(account: Account, target: Target): void {
  if (target.on === "ACCOUNT") return;
  if (target.on !== "OBJECT") heldOf(account, target.in, target.name);
  else if (target.kind in account.objects) heldOf(account, target.kind as Kind, target.name);
  else throw notSupported(`grants on a ${target.kind}`);
}

/** Forgets an object, what lies in it, and what was granted on them. */
function forget(account: Account, kind: Kind | "TABLE", name: ObjectName): void {
  const gone = (other: ObjectName) => name.every((part, index) => part === other[index]);
  const nested: (Kind | "TABLE")[] =
    kind === "DATABASE" ? ["DATABASE", "SCHEMA", "TABLE"] : kind === "SCHEMA" ? ["SCHEMA", "TABLE"] : [kind];
  for (const each of nested) {
    for (const key of Object.keys(account.objects[each])) {
      if (gone(nameOfKey(key))) delete account.objects[each][key];
    }
  }
  account.grants = account.grants.filter(({ target }) => {
    if (target.on === "ACCOUNT") return true;
    const about = target.on === "OBJECT" ? target.kind : target.in;
    return !(nested.includes(about as Kind) && gone(target.name));
  });
}

function dropRole(account: Account, role: string, by: string): void {
  account.grants = account.grants.filter((grant) => grant.role !== role);
  account.memberships = account.memberships.filter(
    ({ role: given, to }) => given !== role && !(to.kind === "ROLE" && to.name === role),
  );
  // As in Snowflake, what it owned is the dropping role's.
  for (const objects of Object.values(account.objects)) {
    for (const held of Object.values(objects)) if (held.owner === role) held.owner = by;
  }
}

/**
 * Changes the account as a statement says; whether it may is asked before.
 *
 * @param role who does it, and so owns what it makes
 * @returns what Snowflake says of it
 */
export function applyStatement(account: Account, role: string, statement: Statement): string {
  switch (statement.do) {
    case "create": {
      const { kind, name, properties, triggers } = statement;
      if (account.objects[kind][keyOf(name)]) {
        if (!statement.ifNotExists) throw exists(written(name));
        return `${written(name)} already exists, statement succeeded.`;
      }
      if (kind === "SCHEMA") heldOf(account, "DATABASE", name.slice(0, 1));
      checkMonitor(account, properties.RESOURCE_MONITOR);
      const held: Held = { owner: role, properties };
      if (kind === "WAREHOUSE")
        held.state = properties.INITIALLY_SUSPENDED === true ? "SUSPENDED" : "STARTED";
      if (triggers.length > 0) held.triggers = triggers;
      account.objects[kind][keyOf(name)] = held;
      return `${title(kind)} ${written(name)} successfully created.`;
    }
    case "alter": {
      const held = heldOf(account, statement.kind, statement.name);
      checkMonitor(account, statement.set.RESOURCE_MONITOR);
      held.properties = { ...held.properties, ...statement.set };
      for (const name of statement.unset) delete held.properties[name];
      if (statement.triggers) held.triggers = statement.triggers;
      if (statement.state) held.state = statement.state;
      return "Statement executed successfully.";
    }
    case "drop": {
      const { kind, name } = statement;
      if (kind === "ROLE" && systemRoles.some((system) => system === name[0]))
        throw notSupported(`DROP ROLE ${name[0]}`);
      if (!account.objects[kind][keyOf(name)] && statement.ifExists)
        return "Drop statement executed successfully.";
      heldOf(account, kind, name);
      forget(account, kind, name);
      if (kind === "ROLE") dropRole(account, name[0] ?? "", role);
      if (kind === "USER")
        account.memberships = account.memberships.filter(
          ({ to }) => !(to.kind === "USER" && to.name === name[0]),
        );
      return `${written(name)} successfully dropped.`;
    }
    case "grant role":
    case "revoke role": {
      const { role: given, to } = statement;
      heldOf(account, "ROLE", [given]);
      heldOf(account, to.kind, [to.name]);
      const others = account.memberships.filter(
        (each) => !(each.role === given && each.to.kind === to.kind && each.to.name === to.name),
      );
      account.memberships = statement.do === "grant role" ? [...others, { role: given, to }] : others;
      return "Statement executed successfully.";
    }
    case "grant":
    case "revoke": {
      const { privileges, target, role: to } = statement;
      heldOf(account, "ROLE", [to]);
      checkTarget(account, target);
      const grants = spread(account, target).flatMap((each) =>
        privileges.map((privilege) => ({ privilege, target: each, role: to })),
      );
      if (statement.do === "grant") for (const each of grants) add(account, each);
      else account.grants = account.grants.filter((each) => !grants.some((other) => sameGrant(each, other)));
      return "Statement executed successfully.";
    }
    default:
      throw new Error(`${statement.do} changes nothing`);
  }
}

function checkMonitor(account: Account, monitor: unknown): void {
  if (typeof monitor === "string") heldOf(account, "RESOURCE MONITOR", [monitor]);
}

/** Enters a new table: its owner, and what future grants give on it. */
export function tableCreated(account: Account, role: string, name: ObjectName): void {
  forget(account, "TABLE", name);
  account.objects.TABLE[keyOf(name)] = { owner: role, properties: {} };
  for (const { privilege, target, role: to } of [...account.grants]) {
    if (target.on === "FUTURE" && target.kind === "TABLE" && within(target, name))
      add(account, { privilege, role: to, target: { on: "OBJECT", kind: "TABLE", name: [...name] } });
  }
}

/** Forgets a table with all that was granted on it. */
export const tableDropped = (account: Account, name: ObjectName): void => forget(account, "TABLE", name);

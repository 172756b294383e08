import type { Kind, Properties, Target, Trigger } from "./statements.ts";

export interface Held {
  /** Role that may do everything with it. */
  owner: string;
  properties: Properties;
  triggers?: Trigger[];
  /** Of a warehouse. */
  state?: "STARTED" | "SUSPENDED";
}

export interface Grant {
  privilege: string;
  target: Target;
  role: string;
}

/** Roles, users, warehouses, resource monitors, owners and grants: what one file holds. */
export interface Account {
  objects: Record<Kind | "TABLE", Record<string, Held>>;
  grants: Grant[];
  /** Who has which role. */
  memberships: { role: string; to: { kind: "ROLE" | "USER"; name: string } }[];
}

/** Roles that every account has, and who has them. */
export const systemRoles = ["ACCOUNTADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN", "PUBLIC"] as const;
const hierarchy = [
  ["SYSADMIN", "ACCOUNTADMIN"],
  ["SECURITYADMIN", "ACCOUNTADMIN"],
  ["USERADMIN", "SECURITYADMIN"],
] as const;

/** An account as Snowflake hands it over: its first user has every role. */
export function newAccount(administrator: { user: string; publicKey: string }): Account {
  const held = (properties: Properties = {}): Held => ({ owner: "ACCOUNTADMIN", properties });
  return {
    objects: {
      ROLE: Object.fromEntries(systemRoles.map((name) => [keyOf([name]), held()])),
      USER: {
        [keyOf([administrator.user])]: held({
          RSA_PUBLIC_KEY: administrator.publicKey,
          DEFAULT_ROLE: "ACCOUNTADMIN",
        }),
      },
      WAREHOUSE: {},
      "RESOURCE MONITOR": {},
      DATABASE: {},
      SCHEMA: {},
      TABLE: {},
    },
    grants: [],
    memberships: [
      ...hierarchy.map(([role, name]) => ({ role, to: { kind: "ROLE" as const, name } })),
      { role: "ACCOUNTADMIN", to: { kind: "USER", name: administrator.user } },
    ],
  };
}

/** Key of an object by its full name. */
export const keyOf = (name: readonly string[]): string => JSON.stringify(name);
/** The full name that `keyOf` made a key of. */
export const nameOfKey = (key: string): string[] => JSON.parse(key) as string[];

/** All roles that one has by having `role`, itself and PUBLIC included. */
export function rolesWithin(account: Account, role: string): Set<string> {
  const found = new Set<string>([role, "PUBLIC"]);
  for (const each of found) {
    for (const { role: inner, to } of account.memberships) {
      if (to.kind === "ROLE" && to.name === each) found.add(inner);
    }
  }
  return found;
}

/** Whether a user may take a role: it, or one above it, was granted to the user. */
export const mayTake = (account: Account, user: string, role: string): boolean =>
  role === "PUBLIC" ||
  account.memberships.some(
    ({ to, role: given }) => to.kind === "USER" && to.name === user && rolesWithin(account, given).has(role),
  );

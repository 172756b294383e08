import type { Settings } from "../../components/settings/schema.ts";
import { type RoleName, roles } from "./grants.ts";

export interface WarehouseNames {
  database: string;
  schema: string;
  warehouse: string;
  monitor: string;
  /** Role of the account and the one user that has it. */
  logins: Record<RoleName, { role: string; user: string }>;
}

/**
 * Names of everything that a stack creates in the account. All stacks share the account. Without the suffix, the second
 * stack would fail to create the same objects, or delete the first one's when it is destroyed. Pure.
 */
export function namesOf({
  database,
  schema,
  warehouse,
  suffix,
}: Pick<Settings["pipeline"]["snowflake"], "database" | "schema" | "warehouse" | "suffix">): WarehouseNames {
  const login = (role: RoleName) => ({
    role: `${roles[role].name}${suffix}`,
    user: `${roles[role].user}${suffix}`,
  });
  return {
    database: `${database}${suffix}`,
    // Needs no suffix: its database is the stack's.
    schema,
    warehouse: `${warehouse}${suffix}`,
    monitor: `${warehouse}${suffix}_MONITOR`,
    logins: { loader: login("loader"), reader: login("reader") },
  };
}

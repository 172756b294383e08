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
 * What everything is called that is made in the account. All stacks share the account, and of two that make the same
 * thing the second fails, or takes it away from the first when it is destroyed: hence the suffix. Pure.
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
    // In a database of the stack's own.
    schema,
    warehouse: `${warehouse}${suffix}`,
    monitor: `${warehouse}${suffix}_MONITOR`,
    logins: { loader: login("loader"), reader: login("reader") },
  };
}

import * as pulumi from "@pulumi/pulumi";
import type * as snowflake from "@pulumi/snowflake";
import type { Settings } from "../../components/settings/schema.ts";
import { rsaPublicKeyOf } from "../quality/warehouse/keyPair.ts";
import { type AccountAddress, endpointOf } from "./account.ts";
import type { Privileges } from "./grants.ts";
import type { WarehouseNames } from "./names.ts";

/* Arguments of the resources in the account. Nothing here registers a resource. */

type SnowflakeSettings = Settings["pipeline"]["snowflake"];

/** What grants refer to. */
export interface GrantTargets {
  warehouse: snowflake.Warehouse;
  database: snowflake.Database;
  schema: snowflake.Schema;
}

/** Without an organization, which `components/settings` allows in previews only, no connection can be made. */
export function providerArgs(
  settings: SnowflakeSettings,
  { organization, name }: AccountAddress,
  privateKey: pulumi.Input<string>,
): snowflake.ProviderArgs {
  return {
    accountName: name,
    ...(organization !== undefined && { organizationName: organization }),
    ...endpointOf(settings.endpoint),
    user: settings.user,
    role: settings.role,
    authenticator: "SNOWFLAKE_JWT",
    privateKey,
  };
}

/** Says at 50 and 80 % of the monthly credits how many are used, and stops the warehouse at 100 %. */
export const monitorArgs = (
  { monthlyCredits }: SnowflakeSettings,
  { monitor }: WarehouseNames,
): snowflake.ResourceMonitorArgs => ({
  name: monitor,
  creditQuota: monthlyCredits,
  frequency: "MONTHLY",
  startTimestamp: "IMMEDIATELY",
  notifyTriggers: [50, 80],
  suspendTrigger: 100,
  suspendImmediateTrigger: 110,
});

/** Wakes by itself, and goes to sleep after `autoSuspend` seconds. A statement may take an hour. */
export const warehouseArgs = (
  { size, autoSuspend }: SnowflakeSettings,
  { warehouse }: WarehouseNames,
  monitor: pulumi.Input<string>,
): snowflake.WarehouseArgs => ({
  name: warehouse,
  comment: "The pipeline's",
  warehouseSize: size,
  autoSuspend,
  autoResume: "true",
  initiallySuspended: true,
  resourceMonitor: monitor,
  statementTimeoutInSeconds: 3600,
});

/** A service user that logs in by key pair. */
export const userArgs = (
  { role, user }: WarehouseNames["logins"]["loader"],
  comment: string,
  privateKey: pulumi.Input<string>,
  warehouse: pulumi.Input<string>,
): snowflake.ServiceUserArgs => ({
  name: user,
  comment,
  defaultRole: role,
  defaultWarehouse: warehouse,
  // The public half is not secret, although it is derived from a secret.
  rsaPublicKey: pulumi.unsecret(pulumi.output(privateKey).apply(rsaPublicKeyOf)),
  // Estuary quotes a name that is not plain, as `properties/email`: with true, Snowflake would store it in capitals.
  quotedIdentifiersIgnoreCase: false,
});

/** What a grant is on, as its resource expects it. */
export function grantOn(
  on: Privileges["on"],
  { warehouse, database, schema }: GrantTargets,
): Partial<snowflake.GrantPrivilegesToAccountRoleArgs> {
  switch (on) {
    case "warehouse":
      return { onAccountObject: { objectType: "WAREHOUSE", objectName: warehouse.name } };
    case "database":
      return { onAccountObject: { objectType: "DATABASE", objectName: database.name } };
    case "schema":
      return { onSchema: { schemaName: schema.fullyQualifiedName } };
    case "future tables":
      return {
        onSchemaObject: { future: { objectTypePlural: "TABLES", inSchema: schema.fullyQualifiedName } },
      };
  }
}

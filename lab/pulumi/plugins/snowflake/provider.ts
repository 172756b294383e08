import { pluginVersion } from "../../versions.ts";
import type { Provider } from "../kit/provider.ts";
import { providerOf } from "../kit/resources.ts";
import { configure } from "./connection.ts";
import { grantAccountRole, grantPrivileges } from "./grants.ts";
import { accountRole, database, resourceMonitor, schema, serviceUser, warehouse } from "./types.ts";

export const snowflakeProvider: Provider = {
  ...providerOf({
    name: "snowflake",
    version: pluginVersion("snowflake"),
    types: {
      "snowflake:index/accountRole:AccountRole": accountRole,
      "snowflake:index/database:Database": database,
      "snowflake:index/grantAccountRole:GrantAccountRole": grantAccountRole,
      "snowflake:index/grantPrivilegesToAccountRole:GrantPrivilegesToAccountRole": grantPrivileges,
      "snowflake:index/resourceMonitor:ResourceMonitor": resourceMonitor,
      "snowflake:index/schema:Schema": schema,
      "snowflake:index/serviceUser:ServiceUser": serviceUser,
      "snowflake:index/warehouse:Warehouse": warehouse,
    },
  }),
  configure,
};

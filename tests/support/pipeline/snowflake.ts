import { rsaPublicKeyOf } from "../../../data/quality/warehouse/keyPair.ts";
import type { SnowflakeConfig } from "../../../lab/saas/estuary/plane/types.ts";
import { warehouseAt } from "../../../lab/saas/snowflake/warehouse.ts";
import { rsaKey, startTestSnowflake } from "../servers/databases/snowflake.ts";

/** The lab's Snowflake with the rights that materialize-snowflake has, and what it is configured with. */
export async function startMaterialized() {
  const snowflake = await startTestSnowflake();
  const key = rsaKey();
  for (const sql of [
    "CREATE WAREHOUSE SOPHIA_AI_WH WITH WAREHOUSE_SIZE = 'XSMALL'",
    "CREATE DATABASE SOPHIA_AI",
    "CREATE SCHEMA SOPHIA_AI.STAGING",
    "CREATE ROLE LOADER_ROLE",
    `CREATE USER LOADER TYPE = SERVICE RSA_PUBLIC_KEY = '${rsaPublicKeyOf(key)}' DEFAULT_ROLE = LOADER_ROLE`,
    "GRANT ROLE LOADER_ROLE TO USER LOADER",
    "GRANT USAGE ON WAREHOUSE SOPHIA_AI_WH TO ROLE LOADER_ROLE",
    "GRANT USAGE ON DATABASE SOPHIA_AI TO ROLE LOADER_ROLE",
    "GRANT USAGE ON SCHEMA SOPHIA_AI.STAGING TO ROLE LOADER_ROLE",
    "GRANT CREATE TABLE, CREATE STAGE ON SCHEMA SOPHIA_AI.STAGING TO ROLE LOADER_ROLE",
  ]) {
    await snowflake.client().query(sql);
  }
  const config: SnowflakeConfig = {
    host: "org-znb04675.snowflakecomputing.com",
    database: "SOPHIA_AI",
    schema: "STAGING",
    warehouse: "SOPHIA_AI_WH",
    role: "LOADER_ROLE",
    timestamp_type: "TIMESTAMP_TZ",
    hardDelete: true,
    credentials: { auth_type: "jwt", user: "LOADER", private_key: key },
    advanced: { no_flow_document: false },
  };
  const query = (sql: string) =>
    snowflake.client({ warehouse: "SOPHIA_AI_WH", database: "SOPHIA_AI", schema: "STAGING" }).query(sql);
  return {
    config,
    open: warehouseAt(snowflake.url),
    query,
    url: snowflake.url,
    /** Its process, and where it keeps its files, for those who measure them. */
    engine: snowflake.engine,
    folder: snowflake.folder,
    close: () => snowflake.close(),
  };
}

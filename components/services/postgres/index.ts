export { databases, type LoginName, logins } from "./logins.ts";
export { loadManifest } from "./manifest.ts";
export { PostgresOperator, type PostgresOperatorArgs } from "./operator.ts";
export { Postgres, type PostgresArgs } from "./postgres.ts";

export { databases, type LoginName, logins } from "./logins.ts";
export { loadManifest } from "./manifest.ts";
export { PostgresOperator } from "./operator.ts";
export { Postgres } from "./postgres.ts";

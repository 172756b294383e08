export { databases, type LoginName, logins, type TurnLogin } from "./logins.ts";
export { loadManifest } from "./manifest.ts";
export { PostgresOperator } from "./operator.ts";
export { Postgres } from "./postgres.ts";

import type { z } from "zod";
import type { environmentSchema } from "../../../../components/settings/environment/variables/index.ts";
import { secretFile } from "../secret.ts";
import { type Database, openDatabase } from "./database.ts";

type Environment = z.infer<ReturnType<typeof environmentSchema<"mcp/sophia_data_intelligence">>>;

/** The database that a server's environment names. */
export const databaseOf = (environment: Environment, application: string): Database =>
  openDatabase({
    host: environment.SOPHIA_POSTGRES_HOST,
    port: environment.SOPHIA_POSTGRES_PORT,
    database: environment.SOPHIA_POSTGRES_DATABASE,
    user: environment.SOPHIA_POSTGRES_USER,
    timeout: environment.SOPHIA_SQL_TIMEOUT,
    tls: environment.SOPHIA_POSTGRES_TLS,
    caFile: environment.SOPHIA_POSTGRES_CA_FILE,
    password: secretFile(
      environment.SOPHIA_POSTGRES_PASSWORD_FILE,
      `password of the PostgreSQL login ${environment.SOPHIA_POSTGRES_USER}`,
      "Update the stack: the program makes it.",
    ),
    application,
  });

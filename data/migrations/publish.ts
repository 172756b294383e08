import pg from "pg";
import { z } from "zod";
import { connectPatiently } from "../kit/connect.ts";
import { connectionOf, inTransaction } from "../kit/database.ts";
import { postgresEnvironment, readEnvironment } from "../kit/environment.ts";
import { jsonLog } from "../kit/log.ts";
import { pause } from "../kit/pause.ts";
import { estuaryTables, publication } from "./constants.ts";

const job = "publish-tables";

/** What the job reads of its environment. */
export const publishEnvironment = postgresEnvironment.extend({
  /** Seconds to wait for tables that Estuary has not created yet; 0 publishes the existing ones and succeeds. */
  SOPHIA_PUBLISH_DEADLINE: z.coerce.number().min(0).default(0),
  /** Estuary's tables that must exist, separated by commas. */
  SOPHIA_PUBLISH_TABLES: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(estuaryTables)))
    .default([...estuaryTables]),
});

/** Adds the tables that Estuary created to the publication, and grants access to their readers. */
export async function run(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const settings = readEnvironment(job, publishEnvironment, environment);
  const log = jsonLog(job);
  const client = await connectPatiently({ ...connectionOf(job, settings), lock_timeout: 30_000 }, { signal });
  const deadline = performance.now() + settings.SOPHIA_PUBLISH_DEADLINE * 1000;
  try {
    for (;;) {
      const { added, missing } = await publishTables(client, settings.SOPHIA_PUBLISH_TABLES);
      if (added.length > 0) log("info", "tables published", { tables: added });
      if (missing.length === 0 || settings.SOPHIA_PUBLISH_DEADLINE === 0) {
        if (missing.length > 0) log("warn", "tables do not exist yet", { tables: missing });
        return;
      }
      if (performance.now() >= deadline) {
        throw new Error(
          `Estuary did not create ${missing.join(", ")} within ${settings.SOPHIA_PUBLISH_DEADLINE} s: check the ` +
            "status of its task materialize-postgres",
        );
      }
      await pause(1, signal);
    }
  } finally {
    await client.end();
  }
}

/** What became of Estuary's tables. */
export interface Published {
  /** Newly in the publication. */
  added: string[];
  /** Not made yet. */
  missing: string[];
}

/**
 * Adds those of Estuary's tables to the publication that are there and not yet in it, with rights for their readers.
 * As often as one likes: a table that was made again is no longer in the publication.
 */
export async function publishTables(
  client: pg.ClientBase,
  tables: readonly string[] = estuaryTables,
): Promise<Published> {
  return inTransaction(client, async () => {
    const { rows } = await client.query<{ name: string; there: boolean; published: boolean }>(
      `SELECT name, to_regclass('public.' || quote_ident(name)) IS NOT NULL AS there,
         EXISTS (SELECT FROM pg_publication_tables WHERE pubname = $2 AND schemaname = 'public' AND tablename = name)
           AS published
       FROM unnest($1::text[]) AS name`,
      [tables, publication],
    );
    const added = rows.filter(({ there, published }) => there && !published).map(({ name }) => name);
    for (const name of added) {
      const table = `public.${pg.escapeIdentifier(name)}`;
      await client.query(`ALTER PUBLICATION ${publication} ADD TABLE ${table}`);
      await client.query(`GRANT SELECT ON ${table} TO flow_capture, quality, mcp`);
    }
    return { added, missing: rows.filter(({ there }) => !there).map(({ name }) => name) };
  });
}

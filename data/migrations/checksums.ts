import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { inTransaction } from "../kit/database.ts";
import { statementsOf } from "./statements.ts";

type Client = Pick<pg.ClientBase, "query">;

/** Of what a file does: another comment is no other migration. Pure. */
export const checksumOf = (text: string): string =>
  createHash("sha256")
    .update(JSON.stringify(statementsOf(text).map(({ sql }) => sql)))
    .digest("hex");

async function checksumsIn(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return new Map(names.map((name, index) => [name.replace(/\.sql$/, ""), checksumOf(texts[index] ?? "")]));
}

/** Names of files that do something else now than when they were run. A file that is not here belongs to another release. */
export async function changedSince(client: Client, folder: string): Promise<string[]> {
  const { rows: found } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('migrations.checksums') IS NOT NULL AS there",
  );
  if (!found[0]?.there) return [];
  const { rows } = await client.query<{ name: string; sha256: string }>(
    "SELECT name, sha256 FROM migrations.checksums",
  );
  const here = await checksumsIn(folder);
  return rows.filter(({ name, sha256 }) => (here.get(name) ?? sha256) !== sha256).map(({ name }) => name);
}

/** Notes what was run, also what was run before this was noted. */
export async function note(client: pg.ClientBase, folder: string): Promise<void> {
  const here = await checksumsIn(folder);
  await inTransaction(client, async () => {
    // Of two at once the second would find a table that was not there when it looked.
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended('pipeline/migrations/checksums', 0))");
    await client.query(
      `CREATE TABLE IF NOT EXISTS migrations.checksums
         (name text PRIMARY KEY, sha256 text NOT NULL, noted_at timestamptz NOT NULL DEFAULT now())`,
    );
    await client.query(
      `INSERT INTO migrations.checksums (name, sha256)
       SELECT f.name, f.sha256 FROM unnest($1::text[], $2::text[]) AS f (name, sha256)
         JOIN migrations.applied AS a ON a.name = f.name
       ON CONFLICT (name) DO NOTHING`,
      [[...here.keys()], [...here.values()]],
    );
  });
}

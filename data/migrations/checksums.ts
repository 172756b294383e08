import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { statementsOf } from "./statements.ts";

type Client = Pick<pg.ClientBase, "query">;

/** Of what a file does: another comment is no other migration. Pure. */
const checksumOf = (text: string): string =>
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

/** What notes a file that is run; for its own transaction, so that both are done or neither. Pure. */
export const noting = (name: string, text: string): string[] => [
  `CREATE TABLE IF NOT EXISTS migrations.checksums
     (name text PRIMARY KEY, sha256 text NOT NULL, noted_at timestamptz NOT NULL DEFAULT now())`,
  `INSERT INTO migrations.checksums (name, sha256)
   VALUES (${pg.escapeLiteral(name)}, ${pg.escapeLiteral(checksumOf(text))})
   ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, noted_at = now()`,
];

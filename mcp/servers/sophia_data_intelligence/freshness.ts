import type { Database } from "../kit/postgres/database.ts";
import {
  estimateOf,
  identifier,
  pipelineTables,
  qualified,
  type Table,
  tablesOf,
} from "../kit/postgres/tables.ts";
import { ToolError } from "../kit/tool.ts";

/** Column that says when a row was loaded. */
const loadedAt = "_loaded_at";

/** Of each staging table the newest row's age. A table that cannot be read does not hide the others. */
export async function freshness(database: Database, maxAgeMinutes: number, signal: AbortSignal) {
  const names = Object.keys(pipelineTables).filter((name) => name.endsWith("_staging"));
  const found = await database.read(signal, async (query) => {
    const all = await tablesOf(query);
    return all.filter(({ name }) => name.endsWith("_staging"));
  });
  const tables: object[] = [];
  for (const table of found) tables.push(await ageOf(database, table, maxAgeMinutes, signal));
  const missing = names
    .filter((name) => !found.some((table) => table.name === name))
    .map((name) => ({ table: name, problem: pipelineTables[name as keyof typeof pipelineTables] }));
  return { tables, missing };
}

async function ageOf(database: Database, table: Table, maxAgeMinutes: number, signal: AbortSignal) {
  const about = { table: `${table.schema}.${table.name}`, ...estimateOf(table) };
  if (!table.columns.has(loadedAt)) return { ...about, problem: `it has no column ${loadedAt}` };
  try {
    const [row] = await database.read(signal, (query) =>
      query<{ newest: Date | null; minutes: number | null }>(
        `SELECT max(${identifier(loadedAt)}) AS newest,
           (extract(epoch FROM now() - max(${identifier(loadedAt)})) / 60)::float8 AS minutes
         FROM ${qualified(table)}`,
      ),
    );
    const minutes = row?.minutes ?? null;
    if (minutes === null) return { ...about, problem: "it is empty" };
    return {
      ...about,
      newest: row?.newest,
      ageMinutes: Math.round(minutes * 10) / 10,
      late: minutes > maxAgeMinutes,
    };
  } catch (error) {
    if (error instanceof ToolError) return { ...about, problem: error.message };
    throw error;
  }
}

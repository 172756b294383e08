import { warehouseIdentifier } from "../../../../../../data/quality/warehouse/identifiers.ts";
import type { Document } from "../../collections/document.ts";
import { completed } from "../../collections/reduce.ts";
import { quoted } from "../../net/postgres.ts";
import type { Work } from "../../task/sink.ts";
import type { Warehouse } from "../../warehouse.ts";
import { cellOf } from "../cells.ts";
import { createWanted, selectDocuments } from "./sql.ts";

const wantedTable = quoted("flow_load_table");

/**
 * Loads what the table has of partial documents' records and completes it by them, as Estuary does before it stores. Work
 * whose table keeps no documents is as it was. Not for a transaction, which the temporary table would commit. Whole numbers
 * beyond 2^53 are rounded in the document, not in their columns.
 */
export async function loadDocuments(session: Warehouse, work: Work, timestamp: string): Promise<Work> {
  const { binding, schema } = work;
  const column = binding.columns.find(({ synthetic }) => synthetic === "document");
  const parts = [...work.rows].filter(([, { op, partial }]) => op === "upsert" && partial);
  if (!column || parts.length === 0) return work;
  const keys = binding.columns.filter(({ key }) => key);
  await session.execute(createWanted(wantedTable, keys));
  await session.load(
    wantedTable,
    [...keys.map(({ field }) => warehouseIdentifier(field)), '"flow_row"'],
    parts.map(([, row], index) => [...keys.map((key) => cellOf(key, row, "")), index]),
  );
  const found = await session.execute(selectDocuments(wantedTable, binding, column, timestamp));
  await session.execute(`DROP TABLE ${wantedTable}`);
  const rows = new Map(work.rows);
  for (const { row, document } of found) {
    const [name, part] = parts[Number(row)] ?? [];
    if (name === undefined || !part || document === null) continue;
    const earlier = JSON.parse(String(document)) as Document;
    rows.set(name, { ...part, whole: completed(schema, earlier, part.document) });
  }
  return { ...work, rows };
}

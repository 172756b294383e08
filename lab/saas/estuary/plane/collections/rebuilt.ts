import type { Column } from "./fields.ts";
import { mergesRecords } from "./rules.ts";
import type { Schema } from "./schema.ts";

/**
 * Refuses `no_flow_document` where it does not work. The connectors then build a stored document from the columns of the
 * first level, by their fields' names. Where such a name is not that of the property, as `a~1b` of `a/b`, what is merged into
 * that document has both, and fits no inferred schema: Estuary stops the task at the first change of a row.
 */
export function refuseRebuilt(
  task: string,
  collection: string,
  schema: Schema,
  columns: readonly Column[],
): void {
  if (!mergesRecords(schema)) return;
  const renamed = columns.find(({ path, field }) => path.length === 1 && path[0] !== field);
  if (!renamed) return;
  throw new Error(
    `${task}: advanced.no_flow_document, but ${collection} merges documents and has the property ${renamed.path[0]}. A ` +
      `stored document would have it as ${renamed.field}, and would not fit its schema once a change is merged into it. ` +
      "Publish with no_flow_document: false",
  );
}

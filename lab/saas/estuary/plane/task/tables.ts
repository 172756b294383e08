import type { Column } from "../collections/fields.ts";
import type { Applied, Binding, Checkpoint, TablePlan } from "./sink.ts";

/** Types whose columns take each other's values, so that a change between them breaks nothing. */
const widens: Record<string, readonly string[]> = {
  integer: ["number", "bigInteger"],
  date: ["string"],
  uuid: ["string"],
};

type Policy = "abort" | "backfill" | "disableBinding" | "disableTask";

/** What has to happen to a binding's table. Throws where Estuary refuses. */
export function planTable(
  task: string,
  binding: Binding,
  applied: Applied | undefined,
  exists: boolean,
  policy: Policy,
): TablePlan {
  const name = `${binding.schema}.${binding.table}`;
  const known = applied !== undefined && applied.table === name ? applied : undefined;
  if (!known && exists) {
    throw new Error(
      `${task}: table ${name} exists already, and was not made by this task. Tables created manually in advance are ` +
        "not supported: drop it, or bind the collection to another table",
    );
  }
  if (!known || !exists) return { do: "create" };
  const changed = binding.columns.filter(({ field, type }) => {
    const was = known.fields[field];
    return was !== undefined && was !== type && !widens[type]?.includes(was);
  });
  if (changed.length > 0) {
    const what = changed
      .map(({ field, type }) => `${field} was ${known.fields[field]} and is now ${type}`)
      .join("; ");
    if (policy === "backfill") return { do: "replace", why: what };
    throw new Error(
      `${task}: the schema of ${binding.collection} no longer fits table ${name}: ${what}. Raise the binding's ` +
        "backfill counter with onIncompatibleSchemaChange: backfill, or undo the change",
    );
  }
  const columns = binding.columns.filter(({ field }) => known.fields[field] === undefined);
  if (known.backfill !== binding.backfill) return { do: "empty", columns };
  return columns.length > 0 ? { do: "add", columns } : { do: "nothing" };
}

/** The checkpoint after a plan was carried out. Columns that are gone from the collection stay, and stay known. */
export function afterPlans(
  checkpoint: Checkpoint,
  plans: readonly { binding: Binding; plan: TablePlan }[],
): Checkpoint {
  const applied = { ...checkpoint.applied };
  for (const { binding, plan } of plans) {
    const fresh = plan.do === "create" || plan.do === "replace";
    const types = (columns: readonly Column[]) => columns.map(({ field, type }) => [field, type] as const);
    const before = fresh ? {} : (checkpoint.applied[binding.collection]?.fields ?? {});
    applied[binding.collection] = {
      table: `${binding.schema}.${binding.table}`,
      backfill: binding.backfill,
      fields: { ...Object.fromEntries(types(binding.columns)), ...before },
    };
  }
  return { ...checkpoint, applied };
}

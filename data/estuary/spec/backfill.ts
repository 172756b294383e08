import type { Specs } from "./catalog.ts";

/** What a binding is about, whichever connector's it is. */
const subjectOf = ({ table, stream, name }: Record<string, unknown>): string =>
  String(table ?? stream ?? name);

/**
 * Sets the counters of bindings. A changed counter makes a capture read its source again, and a materialization rebuild
 * its table.
 *
 * @param counters By task (`source-postgres`) for all its bindings, or by task and what a binding is about
 *   (`source-postgres/gong_calls_staging`), which goes first.
 */
export function withBackfill(specs: Specs, counters: Readonly<Record<string, number>>): Specs {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]): [string, Specs[string]] => {
      if (spec.type === "collection") return [name, spec];
      const task = name.slice(name.lastIndexOf("/") + 1);
      const counted = <Binding extends { resource: Record<string, unknown> }>(binding: Binding): Binding => {
        const backfill = counters[`${task}/${subjectOf(binding.resource)}`] ?? counters[task] ?? 0;
        return backfill > 0 ? { ...binding, backfill } : binding;
      };
      if (spec.type === "capture") {
        return [name, { ...spec, model: { ...spec.model, bindings: spec.model.bindings.map(counted) } }];
      }
      return [name, { ...spec, model: { ...spec.model, bindings: spec.model.bindings.map(counted) } }];
    }),
  );
}

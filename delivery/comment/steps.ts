import { unknownValue } from "../../components/core/provider/unknown.ts";
import { type EngineEvent, nameOf, type StepMetadata } from "./events.ts";
import type { Kind } from "./plan.ts";

/** The planned change of one resource, from all of its steps in the engine. */
export interface Outcome {
  urn: string;
  name: string;
  type: string;
  /** `same` also stands for `read` and `refresh`. */
  kind: Kind | "same";
  /** Property paths that differ, sorted. */
  paths: string[];
  /** Properties that force the replacement, sorted. */
  keys: string[];
  /** Current state; empty when it is created. */
  old: State;
  /** Planned state; empty when it is deleted. */
  new: State;
  /** Whether it is a custom resource, not a component. */
  real: boolean;
  /** Whether a deletion only removes it from the state (`retainOnDelete`). */
  retained: boolean;
}

interface State {
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
}

const kindOf: Record<string, Kind> = {
  create: "create",
  import: "create",
  update: "update",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
  "discard-replaced": "replace",
  "import-replacement": "replace",
  delete: "delete",
  discard: "delete",
};
const rank: (Kind | "same")[] = ["same", "update", "create", "delete", "replace"];

/** Removes unknown values, which must not be used as a name or a price. */
function known(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(known);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, each]) => each !== unknownValue);
  return Object.fromEntries(kept.map(([key, each]) => [key, known(each)]));
}

const stateOf = (state: StepMetadata["old"]): State => ({
  inputs: known(state?.inputs ?? {}) as State["inputs"],
  outputs: known(state?.outputs ?? {}) as State["outputs"],
});

/** Property paths, like `spec.template.spec.containers[0].image`. */
function pathsOf({ detailedDiff, diffs }: StepMetadata): string[] {
  const detailed = Object.keys(detailedDiff ?? {});
  return detailed.length > 0 ? detailed : (diffs ?? []);
}

// Internal properties; `__provider` is the code of a dynamic resource.
const hidden = (path: string) => /^__(provider|internal|defaults)\b/.test(path);
const sorted = (all: Iterable<string>) => [...new Set(all)].filter((path) => !hidden(path)).sort();

/** The planned change of each resource, in the order of the engine. Pure. */
export function outcomesOf(events: EngineEvent[]): Outcome[] {
  const byUrn = new Map<string, StepMetadata[]>();
  for (const { resourcePreEvent, resOutputsEvent } of events) {
    const metadata = (resourcePreEvent ?? resOutputsEvent)?.metadata;
    if (metadata) byUrn.set(metadata.urn, [...(byUrn.get(metadata.urn) ?? []), metadata]);
  }
  return [...byUrn].map(([urn, steps]) => outcome(urn, steps));
}

function outcome(urn: string, steps: StepMetadata[]): Outcome {
  const kinds = steps.map(({ op }) => kindOf[op] ?? "same");
  // A deletion and a creation in one update are a replacement; so is a resource that a refresh did not find.
  const went = kinds.includes("delete") || steps.some((step) => step.op === "refresh" && step.old);
  const recreated = went && kinds.includes("create");
  const kind = recreated ? "replace" : (kinds.sort((a, b) => rank.indexOf(b) - rank.indexOf(a))[0] ?? "same");
  const old = steps.find((step) => step.old)?.old;
  const current = steps.findLast((step) => step.new)?.new;
  return {
    urn,
    name: nameOf(urn),
    type: steps[0]?.type ?? "",
    kind,
    paths: sorted(steps.flatMap(pathsOf)),
    keys: sorted(steps.flatMap(({ keys }) => keys ?? [])),
    old: kind === "create" ? stateOf(undefined) : stateOf(old),
    new: kind === "delete" ? stateOf(undefined) : stateOf(current),
    real: steps.some((step) => step.new?.custom === true || step.old?.custom === true),
    retained: old?.retainOnDelete ?? false,
  };
}

/** A property's value by its path, or undefined. */
export function valueAt(bag: Record<string, unknown>, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    bag,
  );
}

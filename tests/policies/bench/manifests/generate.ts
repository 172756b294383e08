import type { Fault, Pair } from "./fault.ts";
import { faults } from "./faults.ts";
import { Draw } from "./random.ts";

/** A manifest with one known fault, and its twin without. */
export interface Sample extends Pair {
  /** File name without ending. */
  id: string;
  fault: Fault;
}

/** Draws manifests, each fault in turn. The same seed gives the same ones. */
export function generate(count: number, seed: number): Sample[] {
  return Array.from({ length: count }, (_, index) => {
    const fault = faults[index % faults.length];
    if (!fault) throw new Error("there are no faults");
    const id = `${String(index).padStart(3, "0")}-${fault.name.replaceAll(/[^a-z0-9]+/gi, "-")}`;
    return { id, fault, ...fault.make(new Draw(seed + index)) };
  });
}

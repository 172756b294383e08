import type { Clock } from "../../components/core/wait.ts";
import type { LambdaApi } from "../client/api.ts";
import type { Journal } from "../client/journal.ts";
import type { Adoption } from "./instance/spec.ts";

/** All external dependencies of `reconcile`. */
export interface Context {
  api: LambdaApi;
  clock: Clock;
  journal: Journal;
  timing: Timing;
  /** What the hosts in the settings adopt now: never terminated, by whichever resource once launched it. */
  adoptions: readonly Adoption[];
  /** One line of the update's output. */
  log: (line: string) => void;
}

/** Seconds, from `lambda` settings. */
export interface Timing {
  bootDeadline: number;
  terminateDeadline: number;
  pollInterval: number;
  /** How long "not listed" proves nothing after a launch whose reply was lost. */
  settleDeadline: number;
  unhealthyReplacements: number;
}

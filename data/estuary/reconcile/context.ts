import type { Clock } from "../../../components/core/wait.ts";
import type { EstuaryApi } from "../client/api.ts";

/** Seconds, from `pipeline.estuary` settings. */
export interface Timing {
  publishDeadline: number;
  readyDeadline: number;
  settleDeadline: number;
  retryDeadline: number;
  pollInterval: number;
}

/** Everything that reconciling needs of the outside. */
export interface Context {
  api: EstuaryApi;
  clock: Clock;
  timing: Timing;
  /** For tasks that are published for the first time. */
  dataPlane: string;
  /** One line for the person who watches. */
  log: (line: string) => void;
}

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

/**
 * Something is published although making it run failed. Pulumi keeps what this carries in its state as a half-made
 * resource, so that the next `up` goes on with it and `destroy` removes it. (The three field names are Pulumi's.)
 */
export class HalfMade<Outputs extends object> extends Error {
  readonly id: string;
  properties: Outputs;
  readonly reasons: string[];
  constructor(id: string, properties: Outputs, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = "HalfMade";
    this.id = id;
    this.properties = properties;
    this.reasons = [reason];
  }
}

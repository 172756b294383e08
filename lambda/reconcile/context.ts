import type { Clock } from "../../components/core/wait.ts";
import type { LambdaApi } from "../client/api.ts";
import type { Journal } from "../client/journal.ts";

/** Everything that reconciling needs of the outside. */
export interface Context {
  api: LambdaApi;
  clock: Clock;
  journal: Journal;
  timing: Timing;
  /** One line for the person who watches. */
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

/**
 * Something exists although making it ready failed. Pulumi keeps what this carries in its state as a half-made
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

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

import type { EngineLog, Severity } from "../../../rpc/engine.ts";

export type { Severity };

/** Where a plugin says what it is doing. */
export interface Log {
  /** A line that stays. */
  log(severity: Severity, urn: string, message: string): void;
  /** The passing status beside the resource; an empty text clears it. */
  status(severity: Severity, urn: string, message: string): void;
}

export const silent: Log = { log: () => undefined, status: () => undefined };

export const toEngine = (engine: EngineLog): Log => ({
  log: (severity, urn, message) => engine.log({ severity, urn, message }),
  status: (severity, urn, message) => engine.log({ severity, urn, message, ephemeral: true }),
});

import type { EngineLog, Severity } from "../../../rpc/engine.ts";

/** Messages of the provider about one resource. */
export interface Log {
  /** A message that is kept. */
  log(severity: Severity, urn: string, message: string): void;
  /** The temporary status next to the resource; an empty string clears it. */
  status(severity: Severity, urn: string, message: string): void;
}

/** Messages in the engine's log, beside the resource. */
export const toEngine = (engine: EngineLog): Log => ({
  log: (severity, urn, message) => engine.log({ severity, urn, message }),
  status: (severity, urn, message) => engine.log({ severity, urn, message, ephemeral: true }),
});

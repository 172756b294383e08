import type { LabClock } from "../store/clock.ts";
import type { Store } from "../store/store.ts";

/** An event that no request caused. */
export interface Incident {
  kind: "lifecycle" | "machine";
  instance: string;
  what: string;
}

/** What every part of the backend shares. */
export interface Context {
  store: Store;
  clock: LabClock;
  report(incident: Incident): void;
}

/** Notes a change for `GET /audit-events`. */
export function audit(
  { store, clock }: Context,
  resource: string,
  action: string,
  ids: string[],
  details: Record<string, string> = {},
): void {
  store.state.auditEvents.push({
    id: store.nextId("audit-event"),
    at: clock.now(),
    resource,
    action,
    ids,
    details,
  });
  // Bounded, because a lab that lives for months is rewritten as one file at every change.
  if (store.state.auditEvents.length > 1000) store.state.auditEvents.shift();
}

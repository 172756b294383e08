import type { Draw } from "./random.ts";
import type { Body } from "./shapes.ts";

/** What a fault is about; also the rows of the short table. */
export type Group =
  | "host and privileges"
  | "user and file system"
  | "kernel and volumes"
  | "images"
  | "resources and probes"
  | "GPU and MCP"
  | "keys"
  | "namespaces and ingress"
  | "platform's own"
  | "access to the API"
  | "wiring";

/** A manifest without the fault and the same with it: one list of objects each. */
export interface Pair {
  clean: Body[];
  faulty: Body[];
}

/** One kind of mistake. */
export interface Fault {
  name: string;
  group: Group;
  /** Draws a manifest that has it, and its twin that has not. The same draw gives the same pair. */
  make(draw: Draw): Pair;
}

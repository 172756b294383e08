import type { Severity } from "../../../rpc/engine.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { KubeObject } from "../object/access.ts";

/** What an awaiter may look at. */
export interface AwaitContext {
  cluster: Cluster;
  /** What the program asked for. */
  inputs: KubeObject;
  /** The object as the API server returned it from the create or update. */
  outputs: KubeObject;
  /** The object is new to Pulumi's state, also where it existed before and was adopted. */
  created: boolean;
  /** Milliseconds since some fixed moment. */
  now(): number;
  /** One look at a thing that is read, not made: nothing settles, so what is there counts. */
  once: boolean;
}

export interface Message {
  severity: Severity;
  text: string;
}

/** One look at an object on its way. */
export type Judgement =
  | { ready: true; messages?: Message[] }
  | {
      ready: false;
      /** Why, for the error in case the time runs out. */
      reasons: string[];
      /** What is going on, for the display. */
      messages?: Message[];
      /** Waiting longer cannot help. */
      hopeless?: boolean;
      /** Uids of related objects whose warnings explain a failure. */
      related?: string[];
    };

/** Looks at the live object each time it is called; may remember what it saw. */
export type Judge = (live: KubeObject) => Promise<Judgement> | Judgement;

export interface Awaiter {
  judge(context: AwaitContext): Judge;
  /** The refresh looks too, and reports a resource that is not ready. */
  onRead: boolean;
  /** Seconds, where it is not the usual ten minutes. */
  timeout?: number;
}

/** What a wait tells of its progress. */
export const info = (text: string): Message => ({ severity: "info", text });
/** What a wait tells of trouble that may pass. */
export const warning = (text: string): Message => ({ severity: "warning", text });

import type { LogEntry } from "../../rpc/engine.ts";
import type { DiffKind } from "./diff.ts";
import type { Properties } from "./values.ts";

/** What every request carries. */
export interface RequestContext {
  /** Aborted when the user cancels, when the engine goes away, and when the resource's own timeout passes. */
  signal: AbortSignal;
  log(entry: Omit<LogEntry, "urn">): void;
}

export interface CheckRequest extends RequestContext {
  urn: string;
  type: string;
  name: string;
  olds: Properties;
  news: Properties;
  /** Equal for preview and update: names made from it stay the same. */
  randomSeed: Uint8Array;
}
export interface CheckFailure {
  property: string;
  reason: string;
}
export interface CheckResult {
  inputs: Properties;
  failures?: CheckFailure[];
}

export interface DiffRequest extends RequestContext {
  id: string;
  urn: string;
  type: string;
  /** State: inputs and outputs. */
  olds: Properties;
  oldInputs: Properties;
  news: Properties;
  ignoreChanges: string[];
}
export interface DiffResult {
  /** By property path; `replace` makes the engine replace the resource. */
  detailed: Map<string, { kind: DiffKind; replace: boolean }>;
  /** Overrides what `detailed` says. */
  changes?: boolean;
  /** Old one first. Default: new one first. */
  deleteBeforeReplace?: boolean;
}

export interface CreateRequest extends RequestContext {
  urn: string;
  type: string;
  name: string;
  inputs: Properties;
  preview: boolean;
  /** Seconds; 0 means the provider's own default. */
  timeout: number;
}
export interface CreateResult {
  /** May be empty in a preview. */
  id: string;
  outputs: Properties;
}

export interface ReadRequest extends RequestContext {
  id: string;
  urn: string;
  type: string;
  /** Empty on an import. */
  state: Properties;
  inputs: Properties;
  timeout: number;
}
/** A blank id says that it is gone. */
export interface ReadResult {
  id: string;
  outputs: Properties;
  inputs: Properties;
}

export interface UpdateRequest extends RequestContext {
  id: string;
  urn: string;
  type: string;
  name: string;
  olds: Properties;
  oldInputs: Properties;
  news: Properties;
  preview: boolean;
  ignoreChanges: string[];
  timeout: number;
}

export interface DeleteRequest extends RequestContext {
  id: string;
  urn: string;
  type: string;
  state: Properties;
  oldInputs: Properties;
  timeout: number;
}

export interface InvokeRequest extends RequestContext {
  token: string;
  args: Properties;
  preview: boolean;
}
export interface InvokeResult {
  result: Properties;
  failures?: CheckFailure[];
}

/**
 * A resource plugin. Methods left out have the usual meaning: no check, no configuration,
 * a read that returns the state as it is, a delete that only forgets.
 */
export interface Provider {
  name: string;
  version: string;
  /** Called first. Throws on configuration that is not supported. */
  configure?(config: Properties): void | Promise<void>;
  checkConfig?(request: CheckRequest): Promise<CheckResult>;
  diffConfig?(request: DiffRequest): Promise<DiffResult>;
  check(request: CheckRequest): Promise<CheckResult>;
  diff(request: DiffRequest): Promise<DiffResult>;
  create(request: CreateRequest): Promise<CreateResult>;
  read?(request: ReadRequest): Promise<ReadResult>;
  update(request: UpdateRequest): Promise<{ outputs: Properties }>;
  delete?(request: DeleteRequest): Promise<void>;
  invoke?(request: InvokeRequest): Promise<InvokeResult>;
}

/** The resource exists, but is not as it should be: the engine records it and tries an update next time. */
export class PartialFailure extends Error {
  readonly id: string;
  readonly outputs: Properties;
  readonly reasons: string[];
  constructor(message: string, id: string, outputs: Properties, reasons: string[]) {
    super(message);
    this.name = "PartialFailure";
    this.id = id;
    this.outputs = outputs;
    this.reasons = reasons;
  }
}

/** Last part of a URN. */
export const nameOf = (urn: string): string => urn.split("::").slice(3).join("::");
/** `command:remote:Command` of `urn:pulumi:stack::project::parent$command:remote:Command::name`. */
export const typeOf = (urn: string): string => urn.split("::")[2]?.split("$").at(-1) ?? "";

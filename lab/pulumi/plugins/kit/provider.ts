import type { LogEntry } from "../../rpc/engine.ts";
import type { DiffKind } from "./diff.ts";
import type { Properties } from "./values.ts";

/** Common to all requests. */
export interface RequestContext {
  /** Aborted when the user cancels, when the engine ends, and when the resource's custom timeout passes. */
  signal: AbortSignal;
  log(entry: Omit<LogEntry, "urn">): void;
}

export interface CheckRequest extends RequestContext {
  urn: string;
  type: string;
  name: string;
  olds: Properties;
  news: Properties;
  /** Equal for preview and update, so that names derived from it are the same in both. */
  randomSeed: Uint8Array;
  /** The engine's autonaming setting for this resource, for providers with `autonaming`. */
  autonaming?: { mode: "propose" | "enforce" | "disable"; proposedName: string };
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
  /** The outputs in the state. */
  olds: Properties;
  oldInputs: Properties;
  news: Properties;
  ignoreChanges: string[];
}
export interface PropertyDiff {
  kind: DiffKind;
  /** The change replaces the resource. */
  replace: boolean;
  /** The old inputs differ from the new ones, as opposed to the state. */
  inputDiff: boolean;
}
export interface DiffResult {
  /** By property path. Without it the engine compares old and new inputs itself. */
  detailed?: Map<string, PropertyDiff>;
  /** Default: whether `detailed` has entries. */
  changes?: boolean;
  /** Properties that replace the resource. Default: the paths of `detailed` with `replace`. */
  replaces?: string[];
  /** Changed properties. Default: the paths of `detailed`. */
  diffs?: string[];
  /** Delete the old resource before the new one is created. Default: the other way round. */
  deleteBeforeReplace?: boolean;
}

export interface CreateRequest extends RequestContext {
  urn: string;
  type: string;
  name: string;
  inputs: Properties;
  preview: boolean;
  /** Seconds; 0 means the provider's default. */
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
export interface ReadResult {
  /** Empty if the resource no longer exists. */
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

export interface UpdateResult {
  outputs: Properties;
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
 * The part of the engine's provider protocol that the lab's plugins implement. Defaults of optional methods: no
 * check of the configuration, a read that returns the state unchanged, a delete that does nothing.
 */
export interface Provider {
  readonly name: string;
  readonly version: string;
  /** `check` uses the engine's autonaming settings. Default: false. */
  readonly autonaming?: boolean;
  /** Called first. Throws if a setting is not supported. */
  configure?(config: Properties): void | Promise<void>;
  checkConfig?(request: CheckRequest): Promise<CheckResult>;
  diffConfig?(request: DiffRequest): Promise<DiffResult>;
  check(request: CheckRequest): Promise<CheckResult>;
  diff(request: DiffRequest): Promise<DiffResult>;
  create(request: CreateRequest): Promise<CreateResult>;
  read?(request: ReadRequest): Promise<ReadResult>;
  update(request: UpdateRequest): Promise<UpdateResult>;
  delete?(request: DeleteRequest): Promise<void>;
  invoke?(request: InvokeRequest): Promise<InvokeResult>;
  /** Ends all running operations. Called when the user cancels and when the engine ends. */
  cancel?(): void;
}

/**
 * The resource exists but did not become ready. The engine records `outputs`, reports the reasons, and updates the
 * resource in the next run.
 */
export class InitializationFailed extends Error {
  readonly id: string;
  readonly outputs: Properties;
  readonly inputs: Properties | undefined;
  readonly reasons: string[];
  constructor(id: string, message: string, outputs: Properties, reasons: string[] = [], inputs?: Properties) {
    super(message);
    this.name = "InitializationFailed";
    this.id = id;
    this.outputs = outputs;
    this.inputs = inputs;
    this.reasons = [message, ...reasons];
  }
}

import type { Properties } from "./values.ts";

export interface CheckFailure {
  property: string;
  reason: string;
}
export type DiffKind = "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";
export interface PropertyDiff {
  kind: DiffKind;
  /** The difference is between old and new inputs rather than between state and inputs. */
  inputDiff: boolean;
}
export interface Difference {
  changes: boolean;
  replaces: string[];
  deleteBeforeReplace?: boolean;
  /** Names of changed top-level properties. */
  diffs?: string[];
  detailed?: Map<string, PropertyDiff>;
}

export interface CheckRequest {
  urn: string;
  olds: Properties;
  news: Properties;
  randomSeed: Uint8Array;
  autonaming?: { mode: "propose" | "enforce" | "disable"; proposedName: string };
}
export interface DiffRequest {
  urn: string;
  id: string;
  /** State, not inputs: what create, update or read returned last. */
  olds: Properties;
  /** The inputs that led to that state. */
  oldInputs: Properties;
  news: Properties;
  ignoreChanges: string[];
}
export interface CreateRequest {
  urn: string;
  inputs: Properties;
  /** Seconds; 0 is "not given". */
  timeout: number;
  preview: boolean;
}
export interface UpdateRequest extends DiffRequest {
  timeout: number;
  preview: boolean;
}
export interface ReadRequest {
  urn: string;
  id: string;
  state: Properties;
  inputs: Properties;
}
export interface ReadResult {
  /** Empty when there is no such resource. */
  id: string;
  state: Properties;
  inputs: Properties;
}
export interface DeleteRequest {
  urn: string;
  id: string;
  state: Properties;
  oldInputs: Properties;
  timeout: number;
}

/** The part of the engine's provider protocol that a plugin of the lab speaks. */
export interface Provider {
  readonly version: string;
  checkConfig(request: CheckRequest): Promise<CheckFailure[]>;
  diffConfig(request: DiffRequest): Promise<Difference>;
  configure(variables: Map<string, string>): Promise<void>;
  invoke(token: string, args: Properties): Promise<Properties>;
  check(request: CheckRequest): Promise<{ inputs: Properties; failures: CheckFailure[] }>;
  diff(request: DiffRequest): Promise<Difference>;
  create(request: CreateRequest): Promise<{ id: string; state: Properties }>;
  read(request: ReadRequest): Promise<ReadResult>;
  update(request: UpdateRequest): Promise<Properties>;
  delete(request: DeleteRequest): Promise<void>;
  /** Ends whatever is under way. */
  cancel(): void;
}

/**
 * The resource exists but did not become what was asked for. The engine records `state` and reports the
 * reasons; the next update goes on from there.
 */
export class InitializationFailed extends Error {
  readonly id: string;
  readonly state: Properties;
  readonly inputs: Properties | undefined;
  readonly reasons: string[];
  constructor(id: string, message: string, state: Properties, reasons: string[] = [], inputs?: Properties) {
    super(message);
    this.name = "InitializationFailed";
    this.id = id;
    this.state = state;
    this.inputs = inputs;
    this.reasons = [message, ...reasons];
  }
}

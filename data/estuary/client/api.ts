import type { SpecType } from "../spec/catalog.ts";

/** A spec that is published, with what became of it. */
export interface LiveSpec {
  name: string;
  type: SpecType;
  lastPublicationId: string;
  /** Of the publication that changed it last. */
  detail?: string | undefined;
  disabled: boolean;
  /**
   * `OK`, `WARNING`, `ERROR` or `TASK_DISABLED`; collections have one, too. Absent: not judged yet. The summary of an error
   * has its cause, which may quote a record.
   */
  status?: { type: string; summary: string } | undefined;
}

interface Draft {
  id: string;
  detail?: string | undefined;
  specs: number;
}

/** A spec in a draft; without type and model it is a deletion. */
export interface StagedSpec {
  name: string;
  type?: SpecType;
  model?: Record<string, unknown>;
}

/** What is wrong with a spec of a draft. Name and scope may be empty where it is the whole draft's fault. */
export interface SpecFault {
  name: string;
  scope: string;
  detail: string;
}

export interface Publication {
  /** As in the wire: `queued`, `success`, `buildFailed`, `emptyDraft`, … */
  type: string;
  faults: SpecFault[];
  /** Specs that somebody else published meanwhile. */
  lockFailures: string[];
}

/** What we use of Estuary's APIs. Failures are `ApiError`s; what does not exist is `undefined` or no error. */
export interface EstuaryApi {
  /** Specs among `names` that are live. */
  live(names: readonly string[]): Promise<LiveSpec[]>;
  /** Drafts of this service account. */
  drafts(): Promise<Draft[]>;
  /** Never sent twice unless the first certainly did nothing. */
  createDraft(detail: string): Promise<string>;
  stage(draftId: string, specs: readonly StagedSpec[]): Promise<void>;
  /** Takes specs that equal the live ones out of the draft. */
  prune(draftId: string): Promise<void>;
  /** Undefined when the draft is gone. */
  draftFaults(draftId: string): Promise<SpecFault[] | undefined>;
  deleteDraft(draftId: string): Promise<void>;
  /** Starts a publication and returns its id. Never sent twice unless the first certainly did nothing. */
  publish(draftId: string, detail: string, dataPlane: string): Promise<string>;
  publication(id: string): Promise<Publication | undefined>;
  /** JSON schema of an image's endpoint configuration, in which secrets are marked. */
  endpointSchema(image: string): Promise<Record<string, unknown>>;
  /** The configuration with its secrets encrypted. Another result on every call. */
  encrypt(config: Record<string, unknown>, schema: Record<string, unknown>): Promise<Record<string, unknown>>;
}

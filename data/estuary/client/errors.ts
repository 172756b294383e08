/** What every failure of a call to Estuary carries. */
export interface Failure {
  /** The call, e.g. `createDraft` or `POST /publications`. */
  call: string;
  /** HTTP status; absent when no reply came. */
  status?: number;
  message: string;
}

/** A call to Estuary failed. Subclasses say what can be done about it. */
export class EstuaryError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, advice?: string) {
    const status = failure.status === undefined ? "" : ` (${failure.status})`;
    super(
      `Estuary ${failure.call}: ${failure.message}${status}${advice === undefined ? "" : ` — ${advice}`}`,
    );
    this.name = new.target.name;
    this.failure = failure;
  }
}

/** 401 or 403: the key is wrong, expired, or lacks the capability. */
export class Unauthorized extends EstuaryError {
  constructor(failure: Failure) {
    super(
      failure,
      "set the secret sophia-infra:estuaryApiKey to a valid key (flow_sa_…) of a service account with admin on the tenant",
    );
  }
}
/** The request itself is wrong, or refused: the same request will always fail. */
export class Refused extends EstuaryError {}
/** The agent API has no such field or argument: it is older or newer than this client. */
export class UnknownField extends EstuaryError {}
/** 429. Nothing was done. */
export class RateLimited extends EstuaryError {}
/** 5xx, or a reply that is not Estuary's: what happened to the request is unknown. */
export class ServerFault extends EstuaryError {}
/** The request was sent, or may have been, and no reply came: what happened to it is unknown. */
export class ReplyLost extends EstuaryError {}
/** No connection was made: the request was certainly not sent. */
export class Unreachable extends EstuaryError {
  constructor(failure: Failure) {
    super(failure, "check pipeline.estuary's URLs and the network");
  }
}

/** True where the request may have been carried out although it failed. */
export const mayHaveHappened = (error: unknown): boolean =>
  error instanceof ServerFault || error instanceof ReplyLost;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

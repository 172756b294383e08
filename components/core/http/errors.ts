/** An HTTP API that the program calls. */
export interface Vendor {
  /** As error messages name it, e.g. `Lambda Cloud`. */
  name: string;
  /** Setting that holds the address, named when the API cannot be reached, e.g. `lambda.apiUrl`. */
  addressSetting: string;
}

/** What every failed call carries. */
export interface Failure {
  /** The call, e.g. `POST /instance-operations/launch`. */
  call: string;
  /** HTTP status; absent when no reply came. */
  status?: number;
  /** The vendor's error code, e.g. `global/quota-exceeded`; absent when the reply was not the vendor's JSON. */
  code?: string;
  message: string;
  /** What the vendor suggests doing about it. */
  suggestion?: string;
}

/** A call failed. Subclasses are the kinds of failure. */
export class ApiError extends Error {
  readonly failure: Failure;
  /** @param advice What to do next. */
  constructor(vendor: Vendor, failure: Failure, advice?: string, options?: ErrorOptions) {
    const { call, status, code, message, suggestion } = failure;
    const came = status === undefined ? "" : ` (${[status, code].join(" ").trim()})`;
    const hints = [suggestion, advice].filter((hint) => hint !== undefined && hint !== "");
    super(`${vendor.name} ${call}: ${message}${came}${hints.map((hint) => ` — ${hint}`).join("")}`, options);
    this.name = new.target.name;
    this.failure = failure;
  }
}

/** 429: more requests than allowed. Nothing was done. */
export class RateLimited extends ApiError {}
/** 5xx, or a reply that is not the vendor's: what happened to the request is unknown. */
export class ServerFault extends ApiError {}
/** The request was sent, or may have been, and no reply came: what happened to it is unknown. */
export class ReplyLost extends ApiError {}
/** No connection was established: the request was certainly not sent. */
export class Unreachable extends ApiError {
  constructor(vendor: Vendor, failure: Failure) {
    super(vendor, failure, `check ${vendor.addressSetting} and the network`);
  }
}
/**
 * The server presented a certificate that is expired, issued for another name, or issued by an unknown authority. The
 * request was certainly not sent, and retrying does not help.
 */
export class Untrusted extends ApiError {
  constructor(vendor: Vendor, failure: Failure) {
    super(
      vendor,
      failure,
      `check ${vendor.addressSetting} and this machine's clock; behind a proxy that inspects TLS, set NODE_EXTRA_CA_CERTS to its certificate authority`,
    );
  }
}

/** True where the request may have been carried out although it failed. */
export const mayHaveHappened = (error: unknown): boolean =>
  error instanceof ServerFault || error instanceof ReplyLost;

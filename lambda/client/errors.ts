/** What every failure of a call to Lambda Cloud carries. */
export interface Failure {
  /** The call, e.g. `POST /instance-operations/launch`. */
  call: string;
  /** HTTP status; absent when no reply came. */
  status?: number;
  /** Lambda's error code, e.g. `global/quota-exceeded`; absent when the reply was not Lambda's JSON. */
  code?: string;
  message: string;
  /** What Lambda suggests doing about it. */
  suggestion?: string;
}

/** A call to Lambda Cloud failed. Subclasses say what can be done about it. */
export class LambdaError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, advice?: string, options?: ErrorOptions) {
    const status =
      failure.status === undefined ? "" : ` (${[failure.status, failure.code].join(" ").trim()})`;
    const hints = [failure.suggestion, advice].filter((hint) => hint !== undefined && hint !== "");
    super(
      `Lambda Cloud ${failure.call}: ${failure.message}${status}${hints.map((hint) => ` — ${hint}`).join("")}`,
      options,
    );
    this.name = new.target.name;
    this.failure = failure;
  }
}

/** 401: the key is wrong, or there is none. */
export class InvalidApiKey extends LambdaError {
  constructor(failure: Failure) {
    super(failure, "set the secret sophia-infra:lambdaApiKey to a valid key");
  }
}
/** 403: the account, its address or the key's rights do not allow this. */
export class AccountRefused extends LambdaError {}
/** 400: the request itself is wrong; the same request will always fail. */
export class InvalidRequest extends LambdaError {}
/** 404, or 400 on launch: something that the request names does not exist. */
export class NotFound extends LambdaError {}
/** 400: that name is taken. */
export class Duplicate extends LambdaError {}
/** The account's quota is used up. */
export class QuotaExceeded extends LambdaError {}
/** No machine of that type is free in that region right now. */
export class InsufficientCapacity extends LambdaError {}
/** The file system is in another region than the launch. */
export class FileSystemInWrongRegion extends LambdaError {}
/** A key, file system or ruleset is still used by an instance. Passes when the instance is really gone. */
export class InUse extends LambdaError {}
/** 409: not possible in the present state. */
export class Conflict extends LambdaError {}
/** 429: more than the account's share of requests. Nothing was done. */
export class RateLimited extends LambdaError {}
/** 5xx, or a reply that is not Lambda's: what happened to the request is unknown. */
export class ServerFault extends LambdaError {}
/** The request was sent, or may have been, and no reply came: what happened to it is unknown. */
export class ReplyLost extends LambdaError {}
/** No connection was made: the request was certainly not sent. */
export class Unreachable extends LambdaError {
  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure, "check lambda.apiUrl and the network", options);
  }
}

/** The server showed a certificate that is expired, another's, or of an unknown authority: nothing was sent. */
export class Untrusted extends LambdaError {
  constructor(failure: Failure, options?: ErrorOptions) {
    super(
      failure,
      "check lambda.apiUrl and this machine's clock; behind a proxy that opens TLS, name its authority in NODE_EXTRA_CA_CERTS",
      options,
    );
  }
}

/** True where the request may have been carried out although it failed. */
export const mayHaveHappened = (error: unknown): boolean =>
  error instanceof ServerFault || error instanceof ReplyLost;

const byCode: Record<string, new (failure: Failure) => LambdaError> = {
  "global/invalid-api-key": InvalidApiKey,
  "global/account-inactive": AccountRefused,
  "global/invalid-address": AccountRefused,
  "global/forbidden": AccountRefused,
  "global/invalid-parameters": InvalidRequest,
  "global/object-does-not-exist": NotFound,
  "global/not-found": NotFound,
  "global/duplicate": Duplicate,
  "global/quota-exceeded": QuotaExceeded,
  "global/conflict": Conflict,
  "instance-operations/launch/insufficient-capacity": InsufficientCapacity,
  "instance-operations/launch/file-system-in-wrong-region": FileSystemInWrongRegion,
  "filesystems/filesystem-in-use": InUse,
  "firewall-rulesets/firewall-ruleset-in-use": InUse,
  "ssh-keys/key-in-use": InUse,
};

/**
 * The class for a failed reply. Code decides first. SSH keys have no documented codes for "in use" and "taken":
 * those two are known by the texts that were seen.
 */
export function errorFor(failure: Failure): LambdaError {
  const { status = 0, code, message } = failure;
  if (status === 429) return new RateLimited(failure);
  if (status >= 500) return new ServerFault(failure);
  if (status === 400 && /currently in use/i.test(message)) return new InUse(failure);
  if (status === 400 && /name must be unique/i.test(message)) return new Duplicate(failure);
  const known = code === undefined ? undefined : byCode[code];
  if (known) return new known(failure);
  if (status === 401) return new InvalidApiKey(failure);
  if (status === 403) return new AccountRefused(failure);
  if (status === 404) return new NotFound(failure);
  if (status === 409) return new Conflict(failure);
  // Lambda's JSON with a code of its own means that Lambda refused; anything else did not come from Lambda.
  return code === undefined ? new ServerFault(failure) : new InvalidRequest(failure);
}

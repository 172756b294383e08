/**
 * What the API refuses. One class a code, so that behaviour throws meanings and only the wire knows status numbers.
 * Codes, statuses and texts: Lambda's OpenAPI document 1.10.0, and recorded responses where it says nothing.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly suggestion: string | undefined;
  constructor(status: number, code: string, message: string, suggestion?: string) {
    super(message);
    this.name = new.target.name;
    this.status = status;
    this.code = code;
    this.suggestion = suggestion;
  }
}

/** 401: no key, or one that the account does not have. */
export class InvalidApiKey extends ApiError {
  constructor(message = "API key was invalid, expired, or deleted.") {
    super(401, "global/invalid-api-key", message, "Check your API key or create a new one, then try again.");
  }
}

/** 403: the account is closed. */
export class AccountInactive extends ApiError {
  constructor() {
    super(
      403,
      "global/account-inactive",
      "Your account is inactive.",
      "Make sure you have verified your email address and have a valid payment method. Contact Support if problems continue.",
    );
  }
}

/** 403: the account's billing address is wrong. */
export class InvalidAddress extends ApiError {
  constructor() {
    super(
      403,
      "global/invalid-address",
      "Your billing address is invalid.",
      "Make sure your billing address is valid. Contact Support if problems continue.",
    );
  }
}

/** 403: the key may not do this. */
export class Forbidden extends ApiError {
  constructor() {
    super(403, "global/forbidden", "You do not have permission to perform this action.");
  }
}

/** 400: the request is malformed, or asks for what cannot be. */
export class InvalidParameters extends ApiError {
  constructor(message = "Invalid request data.", code = "global/invalid-parameters") {
    super(400, code, message);
  }
}

/** 404, or the status that the call has for it: no instance, type, region or image has that id or name. */
export class DoesNotExist extends ApiError {
  constructor(message = "Specified instance does not exist.", status = 404) {
    super(status, "global/object-does-not-exist", message, "Check the identifier or name and try again.");
  }
}

/** 404: nothing has that id. */
export class NotFound extends ApiError {
  constructor() {
    super(404, "global/not-found", "The requested resource was not found.");
  }
}

/** 400: the name is taken. */
export class Duplicate extends ApiError {
  constructor(message: string) {
    super(400, "global/duplicate", message, "Choose another name.");
  }
}

/** 400: the account has as many of them as it may. */
export class QuotaExceeded extends ApiError {
  constructor() {
    super(400, "global/quota-exceeded", "Quota exceeded.", "Contact Support to increase your quota.");
  }
}

/** 409: the resource is in a state that does not allow this. */
export class Conflict extends ApiError {
  constructor(message = "The request conflicts with the current state of the resource.") {
    super(409, "global/conflict", message);
  }
}

/** 400: the region has no free instance of the type now. */
export class InsufficientCapacity extends ApiError {
  constructor() {
    super(
      400,
      "instance-operations/launch/insufficient-capacity",
      "Not enough capacity to fulfill launch request.",
      "Choose another instance type or region, or try again later.",
    );
  }
}

/** 400: an instance mounts file systems of its own region only. */
export class FileSystemInWrongRegion extends ApiError {
  constructor(name: string, region: string) {
    super(
      400,
      "instance-operations/launch/file-system-in-wrong-region",
      `Filesystem ${name} is not in region ${region}.`,
      "Launch the instance in the filesystem's region.",
    );
  }
}

/** 400: an instance mounts it. */
export class FileSystemInUse extends ApiError {
  constructor() {
    super(
      400,
      "filesystems/filesystem-in-use",
      "Filesystem is currently in use.",
      "Terminate the instances that mount it, then try again.",
    );
  }
}

/** 400: an instance has it. */
export class RulesetInUse extends ApiError {
  constructor() {
    super(
      400,
      "firewall-rulesets/firewall-ruleset-in-use",
      "Firewall ruleset is in use by one or more instances.",
      "Terminate all instances that are using the ruleset before deleting it.",
    );
  }
}

/** The emulator's own: the document has the operation, the emulator does not. */
export class NotEmulated extends ApiError {
  constructor(operation: string) {
    super(501, "lab/not-emulated", `${operation} is not emulated by the lab.`);
  }
}

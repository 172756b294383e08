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

export class InvalidApiKey extends ApiError {
  constructor(message = "API key was invalid, expired, or deleted.") {
    super(401, "global/invalid-api-key", message, "Check your API key or create a new one, then try again.");
  }
}

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

export class Forbidden extends ApiError {
  constructor() {
    super(403, "global/forbidden", "You do not have permission to perform this action.");
  }
}

export class InvalidParameters extends ApiError {
  constructor(message = "Invalid request data.", code = "global/invalid-parameters") {
    super(400, code, message);
  }
}

export class DoesNotExist extends ApiError {
  constructor(message = "Specified instance does not exist.", status = 404) {
    super(status, "global/object-does-not-exist", message, "Check the identifier or name and try again.");
  }
}

export class NotFound extends ApiError {
  constructor() {
    super(404, "global/not-found", "The requested resource was not found.");
  }
}

export class Duplicate extends ApiError {
  constructor(message: string) {
    super(400, "global/duplicate", message, "Choose another name.");
  }
}

export class QuotaExceeded extends ApiError {
  constructor() {
    super(400, "global/quota-exceeded", "Quota exceeded.", "Contact Support to increase your quota.");
  }
}

export class Conflict extends ApiError {
  constructor(message = "The request conflicts with the current state of the resource.") {
    super(409, "global/conflict", message);
  }
}

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

import {
  ApiError,
  type Failure,
  RateLimited,
  ServerFault,
  type Vendor,
} from "../../components/core/http/errors.ts";

export const lambdaCloud: Vendor = { name: "Lambda Cloud", addressSetting: "lambda.apiUrl" };

/** Lambda received the request and refused it: nothing was done. Subclasses say why. */
class LambdaRefusal extends ApiError {
  constructor(failure: Failure, advice?: string) {
    super(lambdaCloud, failure, advice);
  }
}

/** 401: the key is wrong or missing. */
export class InvalidApiKey extends LambdaRefusal {
  constructor(failure: Failure) {
    super(failure, "set the secret sophia-infra:lambdaApiKey to a valid key");
  }
}
/** Not sent: Lambda asked by `Retry-After` for a longer pause than the call may take. Nothing was done. */
export class HeldBack extends LambdaRefusal {
  constructor(call: string, heldSeconds: number, retryDeadline: number) {
    const message =
      `not sent: Lambda asked for a pause by Retry-After, which lasts ${heldSeconds} s more, ` +
      `and lambda.retryDeadline is ${retryDeadline} s`;
    super({ call, message }, "run it again when the pause is over");
  }
}
/** 403: the account, its address or the key's permissions do not allow this. */
export class AccountRefused extends LambdaRefusal {}
/** 400: the request itself is wrong; the same request will always fail. */
export class InvalidRequest extends LambdaRefusal {}
/** 404, or 400 on launch, with Lambda's code: something that the request names does not exist. */
export class NotFound extends LambdaRefusal {}
/** 400: that name is taken. */
export class Duplicate extends LambdaRefusal {}
/** The account's quota is used up. */
export class QuotaExceeded extends LambdaRefusal {}
/** No machine of that type is free in that region right now. */
export class InsufficientCapacity extends LambdaRefusal {}
/** The file system is in another region than the launch. */
export class FileSystemInWrongRegion extends LambdaRefusal {}
/** A key, file system or ruleset is still used by an instance. Passes once the instance is terminated. */
export class InUse extends LambdaRefusal {}
/** 409: not possible in the present state. */
export class Conflict extends LambdaRefusal {}
const byCode: Record<string, new (failure: Failure) => LambdaRefusal> = {
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

const suggestion = `the reply is not Lambda's: check ${lambdaCloud.addressSetting}, and proxies on the way`;

/**
 * The class for a failed reply. Code decides first. SSH keys have no documented codes for "in use" and "taken":
 * those two are known by the texts that were seen.
 */
export function errorFor(failure: Failure): ApiError {
  const { status = 0, code, message } = failure;
  if (status === 429) return new RateLimited(lambdaCloud, failure);
  if (status >= 500) return new ServerFault(lambdaCloud, failure);
  if (status === 400 && /currently in use/i.test(message)) return new InUse(failure);
  if (status === 400 && /name must be unique/i.test(message)) return new Duplicate(failure);
  const known = code === undefined ? undefined : byCode[code];
  if (known) return new known(failure);
  if (status === 401) return new InvalidApiKey(failure);
  if (status === 403) return new AccountRefused(failure);
  if (status === 409) return new Conflict(failure);
  // JSON with one of Lambda's codes means that Lambda refused; any other reply did not come from Lambda. Also a 404: one of
  // a proxy, or of a wrong path, says nothing about whether an instance runs.
  if (code === undefined)
    return new ServerFault(lambdaCloud, status === 404 ? { ...failure, suggestion } : failure);
  return status === 404 ? new NotFound(failure) : new InvalidRequest(failure);
}

import { ApiError, type Failure, type Vendor } from "../../../components/core/http/errors.ts";

/** Three URLs of three services, all in one section of the settings. */
export const estuary: Vendor = { name: "Estuary", addressSetting: "the URLs in pipeline.estuary" };

/** 401 or 403: the key is wrong, expired, or lacks the capability. */
export class Unauthorized extends ApiError {
  constructor(failure: Failure) {
    super(
      estuary,
      failure,
      "set the secret sophia-infra:estuaryApiKey to a valid key (flow_sa_…) of a service account with admin on the tenant",
    );
  }
}
/** The request itself is wrong, or refused: the same request will always fail. */
export class Refused extends ApiError {
  constructor(failure: Failure) {
    super(estuary, failure);
  }
}
/** The agent API has no such field or argument: it is older or newer than this client. */
export class UnknownField extends ApiError {
  constructor(failure: Failure) {
    super(estuary, failure);
  }
}

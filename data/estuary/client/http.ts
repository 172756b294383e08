import { HttpClient, type HttpClientOptions, type Refusal } from "../../../components/core/http/client.ts";
import { type ApiError, RateLimited, ServerFault } from "../../../components/core/http/errors.ts";
import { systemClock } from "../../../components/core/wait.ts";
import { estuary, Refused, Unauthorized } from "./errors.ts";

/** HTTP for one service account: Estuary's errors, and `Retry-After` as far as the deadline allows. */
export function estuaryHttp(
  options: Pick<HttpClientOptions, "secrets" | "retryDeadline" | "requestTimeout" | "clock" | "fetch">,
): HttpClient {
  const { retryDeadline, clock = systemClock } = options;
  return new HttpClient({
    ...options,
    vendor: estuary,
    errorFor,
    async onRateLimited(retryAfter) {
      const seconds = Math.min(retryAfter, retryDeadline);
      if (seconds > 0) await clock.sleep(seconds * 1000);
    },
  });
}

/** Long enough for the faults of a configuration, which Estuary lists in its reply. */
const longestMessage = 1000;

function errorFor({ call, status, text }: Refusal): ApiError {
  const failure = { call, status, message: text.slice(0, longestMessage) };
  if (status === 429) return new RateLimited(estuary, failure);
  if (status >= 500) return new ServerFault(estuary, failure);
  return status === 401 || status === 403 ? new Unauthorized(failure) : new Refused(failure);
}

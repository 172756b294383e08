import { wholeText } from "../../kit/body.ts";
import { causeOf } from "../../kit/errors.ts";
import { type Clock, systemClock } from "./clock.ts";
import { GongError } from "./errors.ts";
import { parseExactly } from "./json.ts";
import type { Pace } from "./pace.ts";
import { retryAfterOf } from "./retryAfter.ts";
import { refusal } from "./wire.ts";

export interface Account {
  /** Base URL; the account's own is the safer one, such as https://us-55616.api.gong.io. */
  url: string;
  /** Read at each request, so that a rotated key works at once. */
  credentials(): { accessKey: string; accessKeySecret: string };
  pace: Pick<Pace, "turn" | "pause">;
  /** Seconds that Gong may be unable to answer before the run ends. */
  patience: number;
  /** Seconds that one answer may take; then it is asked for again. Default 60. */
  answerWithin?: number;
  clock?: Clock;
  onRetry?(reason: string): void;
}

interface Request {
  path: string;
  query?: Record<string, string | undefined>;
  /** Sent as JSON, by POST. */
  body?: unknown;
  signal?: AbortSignal;
}

/** Parsed JSON; undefined where nothing matches the request. @throws GongError */
export type Api = (request: Request) => Promise<unknown>;

/** Gong answers an empty list with 404 and this text, but never after a page that named a next one. */
const nothingFound = /^No [a-z ]+ found/i;
const mostBytes = 256_000_000;

const advice: Record<number, string> = {
  401: "create a new access key in Gong (Company settings, API), and set gongAccessKey and gongAccessKeySecret in ESC",
  403: "allow the access key api:calls:read:extensive, api:calls:read:transcript and api:users:read in Gong",
  404: "check SOPHIA_GONG_API_URL; the account's own URL is shown in Gong's settings",
};

/** What came back, or why to try again. */
type Attempt = { answer: unknown } | { retry: string; seconds: number };

/** Requests of one account, paced, and tried again while Gong asks for patience or does not answer. */
export function gongApi(account: Account): Api {
  const { clock = systemClock, pace, patience } = account;
  return async (request) => {
    const start = clock.now();
    for (let failures = 0; ; failures += 1) {
      await pace.turn(request.signal);
      const attempt = await once(account, request, failures);
      if ("answer" in attempt) return attempt.answer;
      const { retry, seconds } = attempt;
      const waited = (clock.now() - start) / 1000;
      if (waited + seconds > patience) {
        throw new GongError(
          `Gong did not complete ${request.path} for ${Math.round(waited)} s, and the next retry is due in ${Math.ceil(seconds)} s: ${retry}; the next run continues from here`,
          "later",
        );
      }
      account.onRetry?.(retry);
      await clock.sleep(seconds * 1000, request.signal);
    }
  };
}

/** Seconds until the next try, doubling up to a minute, with jitter so that extractors do not come back together. */
const backoff = (failures: number) => Math.min(60, 0.5 * 2 ** failures) * (0.75 + Math.random() / 2);

async function once(account: Account, request: Request, failures: number): Promise<Attempt> {
  const { path, query = {}, body, signal } = request;
  const url = new URL(`${account.url.replace(/\/+$/, "")}${path}`);
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, value);
  const { accessKey, accessKeySecret } = account.credentials();
  const key = Buffer.from(`${accessKey}:${accessKeySecret}`).toString("base64");
  const { answerWithin = 60 } = account;
  const late = AbortSignal.timeout(answerWithin * 1000);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        accept: "application/json",
        authorization: `Basic ${key}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([late, signal]) : late,
      // A redirect would carry the key elsewhere.
      redirect: "error",
    });
    text = await wholeText(
      response,
      mostBytes,
      () => new GongError(`Gong answered with more than ${mostBytes} bytes`),
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof GongError) throw error;
    const reason = late.aborted ? `no answer within ${answerWithin} s` : causeOf(error);
    return { retry: `${url.origin}: ${reason}`, seconds: backoff(failures) };
  }
  const hide = (said: string) => said.replaceAll(key, "[key]").replaceAll(accessKeySecret, "[secret]");
  return judge(account, request, response, text, hide, failures);
}

async function judge(
  { pace }: Account,
  { path, query, body }: Request,
  { status, headers }: Response,
  text: string,
  hide: (said: string) => string,
  failures: number,
): Promise<Attempt> {
  if (status === 200) return { answer: parsed(path, text) };
  const errors = refusalOf(text);
  const said = hide(errors.join("; ") || text.trim().replaceAll(/\s+/g, " ")).slice(0, 300);
  const none = status === 404 && errors.some((error) => nothingFound.test(error));
  const paged =
    query?.cursor !== undefined || (body as { cursor?: string } | undefined)?.cursor !== undefined;
  // It would end the list early, and what was not listed be taken for deleted.
  if (paged && (none || ([400, 404, 410].includes(status) && /cursor/i.test(said)))) {
    throw new GongError(
      `Gong refused the cursor that it gave for ${path} (${status}): ${said}; the next run reads that list from its beginning`,
      "cursor",
    );
  }
  if (none) return { answer: undefined };
  if (status === 429) {
    const seconds = retryAfterOf(headers) ?? backoff(failures);
    await pace.pause(seconds);
    return { retry: `429, ${said}`, seconds };
  }
  if (status >= 500 || status === 408) return { retry: `${status}, ${said}`, seconds: backoff(failures) };
  const todo = advice[status] ?? "see Gong's message";
  throw new GongError(`Gong refused ${path} (${status}): ${said}; ${todo}`);
}

function parsed(path: string, text: string): unknown {
  try {
    return parseExactly(text);
  } catch (cause) {
    throw new GongError(`Gong's answer to ${path} is not JSON; check SOPHIA_GONG_API_URL`, "fault", {
      cause,
    });
  }
}

function refusalOf(text: string): string[] {
  try {
    return refusal.safeParse(JSON.parse(text)).data?.errors ?? [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

import type { z } from "zod";
import {
  type Clock,
  notYet,
  systemClock,
  Unrecoverable,
  WaitTimeout,
  waitFor,
} from "../../../components/core/wait.ts";
import { type Answer, type Exchange, exchange, type Upstream } from "../kit/http.ts";
import { Pace } from "../kit/pace.ts";
import { ToolError } from "../kit/tool.ts";
import { DailyLimit } from "./dailyLimit.ts";
import { refusal } from "./wire.ts";

export interface GongAccount {
  url: string;
  accessKey: () => string;
  accessKeySecret: () => string;
  /** Share of the three a second that Gong allows the company. */
  requestsPerSecond: number;
  /** The same of the 10,000 a day (UTC). */
  requestsPerDay: number;
  /** Seconds that one call may spend on waiting for Gong. Default 30. */
  patience?: number;
  clock?: Clock;
}

/** One request of Gong's API; undefined where Gong has nothing that matches. @throws ToolError */
export type GongApi = <S extends z.ZodType>(request: Exchange, schema: S) => Promise<z.infer<S> | undefined>;

/** Gong answers an empty list with 404 and this text; any other 404 is a fault. */
const nothingFound = /^No [a-z ]+ found/i;

const advice: Record<number, string> = {
  400: "Correct the call: Gong says what it did not understand.",
  401: "Make a new access key in Gong (Company settings, API), and set gongAccessKey and gongAccessKeySecret in ESC.",
  403: "The access key lacks a scope: allow api:calls:read:basic, :extensive, :transcript and api:users:read in Gong.",
  404: "Check SOPHIA_GONG_API_URL: the account's own URL is shown in Gong's settings.",
};

/** Requests of one account, within this server's share of the company's. A call waits for `patience` at most. */
export function gongApi(account: GongAccount): GongApi {
  const { clock = systemClock, patience = 30 } = account;
  const pace = new Pace(account.requestsPerSecond, clock);
  const daily = new DailyLimit(account.requestsPerDay, clock);
  const upstream: Upstream = {
    name: "Gong",
    url: account.url,
    headers: () => ({ authorization: `Basic ${basic(account)}` }),
    secrets: () => [account.accessKeySecret(), basic(account)],
    timeout: 20,
    unreachable: "Check SOPHIA_GONG_API_URL and that this server may reach it; try again in a minute.",
  };
  return async (request, schema) => {
    const until = clock.now() + patience * 1000;
    const attempt = async () => {
      // The turn would come when this call has long been given up.
      const left = Math.max(0, until - clock.now()) / 1000;
      if (pace.paused() > left) throw tooLong(Math.ceil(pace.paused()));
      if (pace.ahead() > left) throw tooMuch(account.requestsPerSecond, Math.ceil(pace.ahead()));
      if (!daily.hasRoom()) throw usedUp(account.requestsPerDay);
      await pace.turn(request.signal);
      // Counted when it is sent: a call that leaves the queue has used nothing.
      if (!daily.take()) throw usedUp(account.requestsPerDay);
      const answer = await exchange(upstream, request);
      if (answer.status === 429) return tooMany(answer, pace, until - clock.now());
      if (answer.status >= 500) return notYet(`status ${answer.status}: ${answer.said}`);
      return { answer };
    };
    const wait = {
      what: "Gong",
      deadline: patience,
      interval: 0.5,
      clock,
      ...(request.signal && { signal: request.signal }),
    };
    try {
      // What a retry does not mend ends the wait at once, with its own message.
      const { answer } = await waitFor(wait, () => attempt().catch(giveUp));
      return decode(answer, request.path, schema);
    } catch (error) {
      if (!(error instanceof WaitTimeout)) throw error;
      throw new ToolError(
        `Gong did not serve ${request.path} for ${patience} s: ${error.lastError}`,
        "Try again in a minute.",
        {
          cause: error,
        },
      );
    }
  };
}

const basic = ({ accessKey, accessKeySecret }: GongAccount): string =>
  Buffer.from(`${accessKey()}:${accessKeySecret()}`).toString("base64");

function giveUp(error: unknown): never {
  throw new Unrecoverable(error instanceof Error ? error : new Error(String(error)));
}

/** Everybody waits as long as Gong says, unless that is longer than the caller would. */
function tooMany({ retryAfter = 2 }: Answer, pace: Pace, leftMs: number) {
  pace.pause(retryAfter);
  if (retryAfter * 1000 > leftMs) throw tooLong(retryAfter);
  return notYet("too many requests (429)");
}

const tooLong = (seconds: number) =>
  new ToolError(
    `Gong has had enough requests from the company and asks to wait ${seconds} s`,
    "Try again after that; Gong allows three requests a second and 10,000 a day for all integrations together.",
  );

const tooMuch = (perSecond: number, seconds: number) =>
  new ToolError(
    `This server's requests to Gong that wait already take ${seconds} s`,
    `Make fewer calls at once, or try again after that: it may send ${perSecond} requests a second (SOPHIA_GONG_REQUESTS_PER_SECOND), its share of Gong's three.`,
  );

const usedUp = (perDay: number) =>
  new ToolError(
    `This server has sent its ${perDay} requests of today to Gong`,
    "Try again after midnight UTC. Gong allows 10,000 a day for all integrations together; SOPHIA_GONG_REQUESTS_PER_DAY is this server's share.",
  );

function decode<S extends z.ZodType>(
  { status, json, said }: Answer,
  path: string,
  schema: S,
): z.infer<S> | undefined {
  if (status === 404 && nothingFound.test(refusal.safeParse(json).data?.errors[0] ?? "")) return undefined;
  if (status < 200 || status >= 300) {
    const errors = refusal.safeParse(json).data?.errors.join("; ").slice(0, 300);
    throw new ToolError(
      `Gong refused ${path} (${status}): ${errors ?? said}`,
      advice[status] ?? "Try again in a minute.",
    );
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const faults = result.error.issues.slice(0, 3).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new ToolError(
    `Gong's answer to ${path} is not as documented: ${faults.join("; ")}`,
    "Check SOPHIA_GONG_API_URL; if it is right, Gong changed its API.",
  );
}

import { messageOf } from "../../../components/core/errors.ts";
import { ApiError } from "../../../components/core/http/errors.ts";
import { type Clock, systemClock } from "../../../components/core/wait.ts";
import type { LambdaApi } from "../../../lambda/client/api.ts";
import { createClient } from "../../../lambda/client/client.ts";
import { AccountRefused, InsufficientCapacity, InvalidApiKey } from "../../../lambda/client/errors.ts";
import type { WireInstance } from "../../../lambda/client/wire.ts";
import { secretFile } from "./secret.ts";
import { ToolError } from "./tool.ts";

/** Seconds that an answer serves further calls: the account has one request a second for everyone. */
const freshFor = 10;

export interface Account {
  apiUrl: string;
  /** Read at each connection, so that a rotated key works without a restart. */
  apiKey: () => string;
  /** Requests per second that this server may take of the account's share. */
  requestsPerSecond: number;
  /** Seconds between two launches of the account. Default 12, Lambda's limit. */
  launchSpacing?: number;
}

/** The API key from its file. */
export const apiKeyFrom = (file: string): (() => string) => secretFile(file, "lambdaApiKey");

/**
 * Calls Lambda Cloud by the program's own client.
 *
 * @param what ends the sentence "Lambda Cloud did not …"
 * @throws ToolError
 */
export async function onAccount<T>(
  account: Account,
  what: string,
  call: (api: LambdaApi) => Promise<T>,
): Promise<T> {
  const apiKey = account.apiKey();
  try {
    const client = await createClient({
      apiUrl: account.apiUrl,
      apiKey,
      requestsPerSecond: account.requestsPerSecond,
      launchSpacing: account.launchSpacing ?? 12,
      retryDeadline: 10,
      requestTimeout: 20,
    });
    return await call(client);
  } catch (cause) {
    if (cause instanceof ToolError) throw cause;
    const reason = messageOf(cause);
    throw new ToolError(`Lambda Cloud did not ${what}: ${reason}`, adviceFor(cause), { cause });
  }
}

function adviceFor(cause: unknown): string {
  if (cause instanceof InvalidApiKey) return "Trying again does not help.";
  if (cause instanceof AccountRefused)
    return "Trying again does not help: whoever owns the account must allow it in Lambda's console.";
  if (cause instanceof InsufficientCapacity)
    return "Another type or region may be free: `list_instance_types` shows where.";
  const status = cause instanceof ApiError ? cause.failure.status : undefined;
  return status !== undefined && status >= 400 && status < 500 && status !== 429
    ? "Change the request before trying again."
    : "Try again in a minute.";
}

/** Asks at most once in ten seconds; callers who come together share one request. */
export function shared<T>(
  account: Account,
  what: string,
  call: (api: LambdaApi) => Promise<T>,
  clock: Pick<Clock, "now"> = systemClock,
): { get(): Promise<T>; forget(): void } {
  let known: { key: string; at: number; answer: Promise<T> } | undefined;
  return {
    async get() {
      const key = account.apiKey();
      if (known?.key === key && clock.now() - known.at < freshFor * 1000) return known.answer;
      // The answer is kept while it is still awaited.
      const mine = { key, at: clock.now(), answer: onAccount(account, what, call) };
      known = mine;
      try {
        return await mine.answer;
      } catch (error) {
        if (known === mine) known = undefined;
        throw error;
      }
    },
    forget() {
      known = undefined;
    },
  };
}

/** A rented machine as the Lambda API describes it; only what a reader needs, never its Jupyter token. */
export interface RentedInstance {
  id: string;
  name: string | null;
  status: string;
  type: string;
  region: string;
  address: string | null;
  hourlyUsd: number;
}

/** An instance as a tool answers. */
export const describeInstance = (instance: WireInstance): RentedInstance => ({
  id: instance.id,
  name: instance.name ?? null,
  status: instance.status,
  type: instance.instance_type.name,
  region: instance.region.name,
  address: instance.ip ?? null,
  hourlyUsd: instance.instance_type.price_cents_per_hour / 100,
});

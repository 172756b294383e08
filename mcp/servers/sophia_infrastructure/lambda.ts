import { type Clock, systemClock } from "../../../components/core/wait.ts";
import type { LambdaApi } from "../../../lambda/client/api.ts";
import { createClient } from "../../../lambda/client/client.ts";
import { AccountRefused, InvalidApiKey } from "../../../lambda/client/errors.ts";
import { ToolError } from "../kit/tool.ts";
import type { RentedInstance } from "./tools.ts";

/** Seconds that an answer serves further calls: the account has one request a second for everyone. */
const freshFor = 10;

export interface Account {
  apiUrl: string;
  /** Read at each connection, so that a rotated key works without a restart. */
  apiKey: () => string;
  /** Requests per second that this server may take of the account's share. */
  requestsPerSecond: number;
}

/** Lists the account's instances through the program's own client, at most once in ten seconds. */
export function rentedInstances(account: Account, clock: Pick<Clock, "now"> = systemClock): Instances {
  let known: { key: string; at: number; answer: Promise<RentedInstance[]> } | undefined;
  return async () => {
    const key = keyOf(account);
    if (known?.key === key && clock.now() - known.at < freshFor * 1000) return known.answer;
    // The answer is kept while it is still awaited, so that callers who come together share one request.
    const mine = { key, at: clock.now(), answer: listed(account, key) };
    known = mine;
    try {
      return await mine.answer;
    } catch (error) {
      if (known === mine) known = undefined;
      throw error;
    }
  };
}

type Instances = () => Promise<RentedInstance[]>;

function keyOf({ apiKey }: Account): string {
  try {
    return apiKey();
  } catch (cause) {
    throw new ToolError(
      "The Lambda Cloud API key cannot be read",
      "Set lambdaApiKey in the stack's ESC environment.",
      {
        cause,
      },
    );
  }
}

async function listed({ apiUrl, requestsPerSecond }: Account, apiKey: string): Promise<RentedInstance[]> {
  try {
    const client = await createClient({
      apiUrl,
      apiKey,
      requestsPerSecond,
      launchSpacing: 12,
      retryDeadline: 10,
      requestTimeout: 10,
    });
    return (await client.listInstances()).map(describe);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const refused = cause instanceof InvalidApiKey || cause instanceof AccountRefused;
    const advice = refused ? "Trying again does not help." : "Try again in a minute.";
    throw new ToolError(`Lambda Cloud did not list the instances: ${reason}`, advice, { cause });
  }
}

type Wire = Awaited<ReturnType<LambdaApi["listInstances"]>>[number];

const describe = (instance: Wire): RentedInstance => ({
  id: instance.id,
  name: instance.name ?? null,
  status: instance.status,
  type: instance.instance_type.name,
  region: instance.region.name,
  address: instance.ip ?? null,
  hourlyUsd: instance.instance_type.price_cents_per_hour / 100,
});

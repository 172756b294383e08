import type { LambdaApi } from "../../../lambda/client/api.ts";
import { createClient } from "../../../lambda/client/client.ts";
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
export function rentedInstances(account: Account): () => Promise<RentedInstance[]> {
  let known: { key: string; at: number; instances: RentedInstance[] } | undefined;
  return async () => {
    const key = account.apiKey();
    if (known?.key === key && Date.now() - known.at < freshFor * 1000) return known.instances;
    const client = await createClient({
      apiUrl: account.apiUrl,
      apiKey: key,
      requestsPerSecond: account.requestsPerSecond,
      launchSpacing: 12,
      retryDeadline: 10,
    });
    const instances = (await listed(client)).map(describe);
    known = { key, at: Date.now(), instances };
    return instances;
  };
}

async function listed(client: LambdaApi) {
  try {
    return await client.listInstances();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ToolError(`Lambda Cloud did not list the instances: ${reason}`, "Try again in a minute.", {
      cause,
    });
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

import {
  ApiError,
  RateLimited,
  ReplyLost,
  ServerFault,
  Unreachable,
} from "../components/core/http/errors.ts";
import type { HostSettings } from "../components/settings/sections/lambda.ts";
import { createClient } from "./client/client.ts";
import { HeldBack } from "./client/errors.ts";
import type { Catalogue } from "./client/wire.ts";
import { matching } from "./reconcile/instance/adopt.ts";

/** Keys with this prefix replace a real one in previews without an account. */
export const isPlaceholder = (apiKey: string): boolean => apiKey.startsWith("placeholder");

export interface Prices {
  /** Absent when they are unavailable. */
  catalogue?: Catalogue;
  /** Types of the hosts to adopt, by host. One that is not found is missing here. */
  running?: ReadonlyMap<string, string>;
  /** Why not. */
  unavailable?: string;
}

export interface PricesConnection {
  apiUrl: string;
  requestsPerSecond: number;
  launchSpacing: number;
  /** Seconds to go on while Lambda does not answer or says 429. */
  retryDeadline: number;
}

/**
 * Live prices and types, or the reason why Lambda does not tell them. A key that Lambda rejects is an error in any case.
 */
export async function livePrices(
  connection: PricesConnection,
  apiKey: string,
  hosts: readonly Pick<HostSettings, "name" | "adopt">[] = [],
): Promise<Prices> {
  if (isPlaceholder(apiKey)) return { unavailable: "the Lambda API key is a placeholder" };
  const client = await createClient({ ...connection, apiKey, requestTimeout: 15 });
  try {
    const catalogue = await client.catalogue();
    if (!hosts.some(({ adopt }) => adopt)) return { catalogue };
    const instances = await client.listInstances();
    const running = hosts.flatMap(({ name, adopt }): [string, string][] => {
      const [instance] = adopt ? matching(instances, adopt) : [];
      return instance ? [[name, instance.instance_type.name]] : [];
    });
    return { catalogue, running: new Map(running) };
  } catch (error) {
    const passing = [Unreachable, ReplyLost, ServerFault, RateLimited, HeldBack];
    if (!(error instanceof ApiError) || !passing.some((Class) => error instanceof Class)) throw error;
    return { unavailable: error.message };
  }
}

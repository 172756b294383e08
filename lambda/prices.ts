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

/** What Lambda Cloud says of costs. */
export interface Prices {
  /** Absent when they are unavailable. */
  catalogue?: Catalogue;
  /** Types of the hosts to adopt, by host. One that is not found is missing here. */
  running?: ReadonlyMap<string, string>;
  /** Of the stack's file system, now; 0 where it does not exist yet. Missing where the stack has none. */
  bytesUsed?: number;
  /** Why Lambda told nothing of this; absent where it did. */
  unavailable?: string;
}

/** How Lambda Cloud is asked. */
export interface PricesConnection {
  apiUrl: string;
  /** Of all processes of this machine, as the setting. */
  requestsPerSecond: number;
  /** Seconds between two launches. Nothing is launched here. */
  launchSpacing: number;
  /** Seconds to go on while Lambda does not answer or says 429. */
  retryDeadline: number;
  /** The stack's, whose size is asked for. Default: none. */
  fileSystem?: { name: string } | undefined;
}

/**
 * Live prices, types and the file system's size, or the reason why Lambda does not tell them.
 * @param hosts Types are asked for where one of them is adopted. Default: none.
 * @throws when Lambda rejects the key
 */
export async function livePrices(
  connection: PricesConnection,
  apiKey: string,
  hosts: readonly Pick<HostSettings, "name" | "adopt">[] = [],
): Promise<Prices> {
  if (isPlaceholder(apiKey)) return { unavailable: "the Lambda API key is a placeholder" };
  const { fileSystem, ...limits } = connection;
  const client = await createClient({ ...limits, apiKey, requestTimeout: 15 });
  try {
    const catalogue = await client.catalogue();
    const listed =
      fileSystem && (await client.listFileSystems()).find(({ name }) => name === fileSystem.name);
    const known = { catalogue, ...(fileSystem && { bytesUsed: listed?.bytes_used ?? 0 }) };
    if (!hosts.some(({ adopt }) => adopt)) return known;
    const instances = await client.listInstances();
    const running = hosts.flatMap(({ name, adopt }): [string, string][] => {
      const [instance] = adopt ? matching(instances, adopt) : [];
      return instance ? [[name, instance.instance_type.name]] : [];
    });
    return { ...known, running: new Map(running) };
  } catch (error) {
    const passing = [Unreachable, ReplyLost, ServerFault, RateLimited, HeldBack];
    if (!(error instanceof ApiError) || !passing.some((Class) => error instanceof Class)) throw error;
    return { unavailable: error.message };
  }
}

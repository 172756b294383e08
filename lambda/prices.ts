import { createClient } from "./client/client.ts";
import { LambdaError, RateLimited, ReplyLost, ServerFault, Unreachable } from "./client/errors.ts";
import type { Catalogue } from "./client/wire.ts";

/** Keys that begin so stand for a real one in previews without an account. */
const placeholder = "placeholder";

export interface Prices {
  /** Absent when they cannot be had. */
  catalogue?: Catalogue;
  /** Why not. */
  unavailable?: string;
}

/**
 * Live prices and types. A preview must also work offline: then there are none, and a reason. A key that Lambda
 * refuses is a failure all the same, and a good moment to hear of it.
 */
export async function livePrices(
  connection: { apiUrl: string; requestsPerSecond: number; launchSpacing: number },
  apiKey: string,
): Promise<Prices> {
  if (apiKey.startsWith(placeholder)) return { unavailable: "the Lambda API key is a placeholder" };
  const client = await createClient({ ...connection, apiKey, retryDeadline: 10, requestTimeout: 15 });
  try {
    return { catalogue: await client.catalogue() };
  } catch (error) {
    const passing = [Unreachable, ReplyLost, ServerFault, RateLimited];
    if (!(error instanceof LambdaError) || !passing.some((Class) => error instanceof Class)) throw error;
    return { unavailable: error.message };
  }
}

import {
  ApiError,
  RateLimited,
  ReplyLost,
  ServerFault,
  Unreachable,
} from "../components/core/http/errors.ts";
import { createClient } from "./client/client.ts";
import type { Catalogue } from "./client/wire.ts";

/** Keys with this prefix replace a real one in previews without an account. */
const placeholder = "placeholder";

export interface Prices {
  /** Absent when they are unavailable. */
  catalogue?: Catalogue;
  /** Why not. */
  unavailable?: string;
}

/**
 * Live prices and types. A preview must also work offline: then it gets the reason instead. A key that Lambda rejects is
 * an error in previews, too.
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
    if (!(error instanceof ApiError) || !passing.some((Class) => error instanceof Class)) throw error;
    return { unavailable: error.message };
  }
}

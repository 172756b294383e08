import { setTimeout } from "node:timers/promises";

/** Waits between two tries. @throws the signal's reason when it comes first */
export async function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(seconds * 1000, undefined, { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}

/** A token bucket on emulated time. Pure: what it was, what it becomes, and whether the request may pass. */
export interface Bucket {
  tokens: number;
  at: number;
}

/**
 * A client that paces itself exactly arrives a little early at times, by what the network and the scheduler add to
 * one request and not to the next; this share of a token is forgiven.
 */
const tolerance = 0.1;

/** Takes a token from a bucket, which is full at first. Pure. @param now in the lab's milliseconds */
export function take(
  bucket: Bucket | undefined,
  now: number,
  secondsPerToken: number,
  burst: number,
): { bucket: Bucket; passed: boolean } {
  const gained = bucket ? Math.max(0, now - bucket.at) / 1000 / secondsPerToken : burst;
  const tokens = Math.min(burst, (bucket?.tokens ?? 0) + gained);
  const passed = tokens >= 1 - tolerance;
  return { bucket: { tokens: passed ? Math.max(0, tokens - 1) : tokens, at: now }, passed };
}

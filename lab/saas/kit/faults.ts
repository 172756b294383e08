import { z } from "zod";

/** Trouble on command. It lasts `next` requests or `seconds`, whichever ends first; without both, until it is cleared. */
const fault = z.strictObject({
  /** `down`: the connection is cut. `tokenExpired`: credentials are refused. `rateLimited`: 429. `serverError`: 500. */
  kind: z.enum(["down", "tokenExpired", "rateLimited", "serverError"]),
  next: z.number().int().positive().optional(),
  seconds: z.number().positive().optional(),
  /** Seconds in `Retry-After` of a 429. */
  retryAfter: z.number().nonnegative().default(1),
  /** Only requests whose path contains this. */
  path: z.string().default(""),
});
export type Fault = z.infer<typeof fault>;

/** The faults that are set; the first that fits a request hits it. */
export class Faults {
  #set: { fault: Fault; left: number; until: number }[] = [];

  add(value: unknown): void {
    const added = fault.parse(value);
    const until = added.seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + added.seconds * 1000;
    this.#set.push({ fault: added, left: added.next ?? Number.POSITIVE_INFINITY, until });
  }

  clear(): void {
    this.#set = [];
  }

  list(): Fault[] {
    return this.#set.map((entry) => entry.fault);
  }

  /** The fault for this request, counted down. */
  take(path: string): Fault | undefined {
    const now = Date.now();
    this.#set = this.#set.filter(({ left, until }) => left > 0 && until > now);
    const hit = this.#set.find((entry) => path.includes(entry.fault.path));
    if (hit) hit.left -= 1;
    return hit?.fault;
  }
}

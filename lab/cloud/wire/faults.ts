import { z } from "zod";

/** A fault that is injected into the next matching requests. */
export const fault = z.strictObject({
  /** operationId of the document (`launchInstance`), or `*` for any. */
  operation: z.string().default("*"),
  /** How many matching requests pass first. */
  skip: z.number().int().nonnegative().default(0),
  /** How many it then hits. */
  next: z.number().int().positive().default(1),
  /** Before the request is handled, so that nothing happened, or after it, so that all happened. */
  when: z.enum(["before", "after"]).default("before"),
  effect: z.discriminatedUnion("kind", [
    /** The connection is cut without an answer. */
    z.strictObject({ kind: z.literal("drop") }),
    /** Real milliseconds of silence, then the usual answer. */
    z.strictObject({ kind: z.literal("delay"), milliseconds: z.number().int().positive() }),
    /** Another answer: an error envelope with `code`, or `text` as plain text. */
    z.strictObject({
      kind: z.literal("reply"),
      status: z.number().int().min(200).max(599),
      code: z.string().optional(),
      message: z.string().optional(),
      text: z.string().optional(),
    }),
  ]),
});
export type Fault = z.infer<typeof fault>;

/** The faults that are set, in order; the first that matches a request hits it. */
export class Faults {
  #faults: Fault[] = [];

  list(): readonly Fault[] {
    return this.#faults;
  }

  add(added: Fault): void {
    this.#faults.push({ ...added });
  }

  clear(): void {
    this.#faults = [];
  }

  /** The fault for this request, counted down. */
  take(operation: string): Fault | undefined {
    for (const candidate of this.#faults) {
      if (candidate.operation !== "*" && candidate.operation !== operation) continue;
      if (candidate.skip > 0) {
        candidate.skip -= 1;
        continue;
      }
      candidate.next -= 1;
      this.#faults = this.#faults.filter(({ next }) => next > 0);
      return candidate;
    }
    return undefined;
  }
}

import { z } from "zod";

const exceptionSchema = z.strictObject({
  /** Name of a rule. */
  rule: z.string().min(1),
  /**
   * What it covers, exactly: a resource's name, `<release>/<Kind>/<name>`, or `<file>#<name>` for the scan. With `/*` at
   * the end: everything inside a release.
   */
  resource: z.string().min(1),
  /** Stacks in which it is needed. Default: all. */
  stacks: z.array(z.string()).min(1).optional(),
  /** Whether a setting may leave the resource out: a stack without it need not use the exception. */
  optional: z.boolean().optional(),
  /** Why the rule cannot be kept; read when the exception is renewed. */
  reason: z.string().min(20, "a sentence that says why, at least 20 characters"),
  /** Last day on which it holds, UTC. */
  expires: z.iso.date(),
});
export type Exception = z.infer<typeof exceptionSchema>;

/** The day so many days after one, both as `2026-01-31`. Pure. */
export const daysAfter = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);

/** Longest time for which an exception may be written ahead, days. */
const longest = 400;

/**
 * Reads the exceptions.
 * @param file of the pack that holds them, for errors
 * @throws with everything that is wrong with them.
 */
export function parseExceptions(
  data: unknown,
  ruleNames: readonly string[],
  today: string,
  file = "exceptions.yaml",
): Exception[] {
  const parsed = z.array(exceptionSchema).safeParse(data ?? []);
  if (!parsed.success) throw new Error(`policies/${file} cannot be used:\n${z.prettifyError(parsed.error)}`);
  const latest = daysAfter(today, longest);
  const faults = parsed.data.flatMap(({ rule, resource, expires }) => [
    ...(ruleNames.includes(rule) ? [] : [`${rule} for ${resource}: there is no such rule`]),
    ...(expires > latest ? [`${rule} for ${resource}: ${expires} is more than ${longest} days ahead`] : []),
  ]);
  if (faults.length > 0) throw new Error(`policies/${file} cannot be used:\n  ${faults.join("\n  ")}`);
  return parsed.data;
}

const matches = (given: string, resource: string): boolean =>
  given.endsWith("/*") ? resource.startsWith(given.slice(0, -1)) : given === resource;

/** The exceptions of one stack, and which of them were used. */
export class Exceptions {
  readonly #all: Exception[];
  readonly #today: string;
  readonly #used = new Set<Exception>();

  /** @param today YYYY-MM-DD, UTC */
  constructor(all: Exception[], stack: string | undefined, today: string) {
    this.#all = all.filter(({ stacks }) => !stacks || stack === undefined || stacks.includes(stack));
    this.#today = today;
  }

  /** Whether an exception that has not expired covers a violation; also marks the exception as used. */
  covers(rule: string, resource: string): boolean {
    const found = this.#all.filter((each) => each.rule === rule && matches(each.resource, resource));
    for (const each of found) this.#used.add(each);
    return found.some((each) => !this.#expired(each));
  }

  /** The objects in this release are evaluated in the update: until then its exceptions count as used. */
  postpone(release: string): void {
    for (const each of this.#all) if (each.resource.startsWith(`${release}/`)) this.#used.add(each);
  }

  /**
   * What is wrong with the exceptions, after all resources were evaluated.
   * @param present names of all resources: an optional exception may be unused where its resource is not among them
   */
  faults(present: Pick<ReadonlySet<string>, "has"> = new Set()): string[] {
    return this.#all.flatMap((each) => {
      const { rule, resource, reason, expires } = each;
      const what = `exception from ${rule} for ${resource}`;
      if (this.#expired(each))
        return [`${what} expired on ${expires}: fix what it covers, or renew it (${reason})`];
      // An exception for objects of a release names the release before the first slash.
      const [release = ""] = each.resource.split("/");
      const leftOut = each.optional === true && !present.has(each.resource) && !present.has(release);
      return leftOut || this.#used.has(each) ? [] : [`${what} is not needed any more: remove it`];
    });
  }

  #expired({ expires }: Exception): boolean {
    return expires < this.#today;
  }
}

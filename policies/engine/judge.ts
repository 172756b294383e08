import type { Told } from "../analyzer/wire.ts";
import type { Exceptions } from "./exceptions.ts";
import { isLater, isRelease, renderRelease } from "./helm.ts";
import { type Context, type Rule, type Subject, verdict } from "./rule.ts";
import { resourceSubject } from "./subjects.ts";

/** What stands behind one resource: itself, and the objects inside it. */
export interface Case {
  subjects: Subject[];
  /** Why the objects inside could not be had. */
  unreadable?: string;
  /** They can be had at the update only. */
  later?: boolean;
}

/** Lays out resources for the rules. Each is laid out once, however many rules there are. */
export class Docket {
  readonly #cases = new Map<string, Promise<Case>>();
  readonly #render: (release: Subject) => Promise<Subject[]>;

  constructor(render = renderRelease) {
    this.#render = render;
  }

  /** Lays out a resource as it is told now, whatever was told of it before. */
  open(told: Told): Promise<Case> {
    const laidOut = this.#layOut(resourceSubject(told));
    this.#cases.set(told.urn, laidOut);
    return laidOut;
  }

  /** The resource as it was laid out last. */
  find(told: Told): Promise<Case> {
    return this.#cases.get(told.urn) ?? this.open(told);
  }

  async #layOut(subject: Subject): Promise<Case> {
    if (!isRelease(subject)) return { subjects: [subject] };
    if (isLater(subject)) return { subjects: [subject], later: true };
    try {
      return { subjects: [subject, ...(await this.#render(subject))] };
    } catch (error) {
      return { subjects: [subject], unreadable: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** What a rule has against a case, exceptions taken out; undefined when that is nothing. */
export function judge(
  rule: Rule,
  { subjects }: Case,
  context: Context,
  exceptions: Exceptions,
): string | undefined {
  const faults = subjects.flatMap((subject) =>
    rule
      .judge(subject, context)
      .filter(() => !exceptions.covers(rule.name, subject.name))
      .map((fault) => ({ subject: subject.name, fault })),
  );
  return faults.length === 0 ? undefined : verdict(rule, faults);
}

import type { Exceptions } from "./exceptions.ts";
import { isLater, isRelease, renderRelease } from "./helm.ts";
import { type Context, type Rule, type Subject, verdict } from "./rule.ts";
import { resourceSubject } from "./subjects.ts";

/** A resource as the engine shows it to a pack. */
export interface Shown {
  urn: string;
  type: string;
  name: string;
  props: unknown;
}

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
  readonly #secretive = new Map<string, Subject>();
  readonly #cases = new Map<string, Promise<Case>>();
  readonly #render: (release: Subject) => Promise<Subject[]>;

  constructor(render = renderRelease) {
    this.#render = render;
  }

  /** Keeps a resource in which the SDK still tells secrets from plain values; it does so only for remediations. */
  enter(shown: Shown): void {
    this.#secretive.set(shown.urn, resourceSubject(shown));
    this.#cases.delete(shown.urn);
  }

  case(shown: Shown): Promise<Case> {
    let known = this.#cases.get(shown.urn);
    if (!known) {
      known = this.#layOut(this.#secretive.get(shown.urn) ?? resourceSubject(shown));
      this.#cases.set(shown.urn, known);
    }
    return known;
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

import { messageOf } from "../../components/core/errors.ts";
import type { Resource } from "../analyzer/wire.ts";
import type { Exceptions } from "./exceptions.ts";
import { isLater, isRelease, renderRelease } from "./helm.ts";
import { type Context, type Rule, type Subject, verdict } from "./rule.ts";
import { resourceSubjects } from "./subjects.ts";

/** A resource with the objects inside it, as rules evaluate them. */
export interface EvaluatedResource {
  subjects: Subject[];
  /** Why a release could not be rendered. */
  unreadable?: string;
  /** The release can be rendered in the update only. */
  later?: boolean;
}

/** Prepares resources for the rules. Each is prepared once, however many rules there are. */
export class ResourceCache {
  readonly #resources = new Map<string, Promise<EvaluatedResource>>();
  readonly #render: (release: Subject) => Promise<Subject[]>;

  constructor(render = renderRelease) {
    this.#render = render;
  }

  /** Prepares a resource with its current inputs, and replaces what is cached for its URN. */
  load(resource: Resource): Promise<EvaluatedResource> {
    const prepared = this.#prepare(resourceSubjects(resource));
    this.#resources.set(resource.urn, prepared);
    return prepared;
  }

  /** The resource as it was loaded last. */
  get(resource: Resource): Promise<EvaluatedResource> {
    return this.#resources.get(resource.urn) ?? this.load(resource);
  }

  async #prepare(subjects: [Subject, ...Subject[]]): Promise<EvaluatedResource> {
    const [subject] = subjects;
    if (!isRelease(subject)) return { subjects };
    if (isLater(subject)) return { subjects, later: true };
    try {
      return { subjects: [...subjects, ...(await this.#render(subject))] };
    } catch (error) {
      return { subjects, unreadable: messageOf(error) };
    }
  }
}

/** The message of a rule's violations by a resource, without those that are excepted; undefined if there is none. */
export function evaluate(
  rule: Rule,
  { subjects }: EvaluatedResource,
  context: Context,
  exceptions: Exceptions,
): string | undefined {
  const faults = subjects.flatMap((subject) =>
    rule
      .evaluate(subject, context)
      .filter(() => !exceptions.covers(rule.name, subject.name))
      .map((fault) => ({ subject: subject.name, fault })),
  );
  return faults.length === 0 ? undefined : verdict(rule, faults);
}

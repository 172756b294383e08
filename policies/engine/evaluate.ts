import { messageOf } from "../../components/core/errors.ts";
import type { Resource } from "../analyzer/wire.ts";
import type { Exceptions } from "./exceptions.ts";
import { isLater, isRelease, renderRelease } from "./helm.ts";
import {
  type Context,
  type Fault,
  type Rule,
  type StackFault,
  type StackRule,
  type Subject,
  verdict,
} from "./rule.ts";
import { resourceSubjects } from "./subjects.ts";
import { hasSecrets, revealed, sealed, unknown } from "./values.ts";

/** A resource with the objects inside it, as rules evaluate them. All three are the same where nothing is secret. */
export interface EvaluatedResource {
  /** With the content of its secrets: a rule holds whether Pulumi keeps a value secret or not. */
  subjects: Subject[];
  /** With its secrets as `Hidden`, for the rules about secrets. What a chart made of one is in the clear in the cluster. */
  marked: Subject[];
  /** Without the content of its secrets: a message that a rule gives here, too, shows none of them. */
  shown: Subject[];
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
    const prepared = this.#prepare(resource);
    this.#resources.set(resource.urn, prepared);
    return prepared;
  }

  /** The resource as it was loaded last. */
  get(resource: Resource): Promise<EvaluatedResource> {
    return this.#resources.get(resource.urn) ?? this.load(resource);
  }

  async #prepare(resource: Resource): Promise<EvaluatedResource> {
    const { subjects, marked } = withSecrets(resource);
    const [release] = subjects;
    const [sealedRelease] = marked;
    const alone = { subjects, marked, shown: marked };
    if (!isRelease(release)) return alone;
    if (isLater(release)) return { ...alone, later: true };
    const secret = marked !== subjects;
    try {
      const objects = await this.#render(release);
      // Where the chart cannot do without its secrets, no message about its objects is shown.
      const shown = secret ? await this.#render(sealedRelease).catch(() => []) : objects;
      return {
        subjects: [...subjects, ...objects],
        marked: [...marked, ...objects],
        shown: [...marked, ...shown],
      };
    } catch (error) {
      return { ...alone, unreadable: secret ? await this.#failureOf(sealedRelease) : messageOf(error) };
    }
  }

  /** Why a release cannot be rendered, without its secrets: helm quotes values in its errors. */
  async #failureOf(sealedRelease: Subject): Promise<string> {
    try {
      await this.#render(sealedRelease);
    } catch (error) {
      return messageOf(error);
    }
    return "helm fails with the release's secret values, and renders it with placeholders for them. Its output may quote them and is not shown: run `helm template` with these values yourself";
  }
}

/** A resource's subjects with the content of its secrets, and with its secrets `Hidden`. Pure. */
export function withSecrets(
  resource: Pick<Resource, "type" | "name" | "props">,
): Record<"subjects" | "marked", [Subject, ...Subject[]]> {
  const { props } = resource;
  const subjects = resourceSubjects({ ...resource, props: revealed(props, unknown) as Resource["props"] });
  const marked = hasSecrets(props)
    ? resourceSubjects({ ...resource, props: sealed(props) as Resource["props"] })
    : subjects;
  return { subjects, marked };
}

/** Instead of a message that may hold a secret. */
const secretFault = "a value here breaks the rule; Pulumi keeps it secret, so it is not shown";

/**
 * What a rule finds in a resource, by subject. What it finds only with the content of a secret has no message of its own,
 * and a subject that a secret names has the name of the resource. Pure.
 */
export function faultsOf(
  rule: Rule,
  { subjects, marked, shown }: Pick<EvaluatedResource, "subjects" | "marked" | "shown">,
  context: Context,
): { subject: Subject; called: string; fault: Fault }[] {
  const find = (all: Subject[]) =>
    all.flatMap((subject) => rule.evaluate(subject, context).map((fault) => ({ subject, fault })));
  const found = find(rule.aboutSecrets ? marked : subjects);
  if (found.length === 0 || rule.aboutSecrets || shown === subjects)
    return found.map((each) => ({ ...each, called: each.subject.name }));
  const names = new Set(shown.map(({ name }) => name));
  const mark = ({ subject, fault }: { subject: Subject; fault: Fault }) =>
    `${subject.name}\n${fault.path}\n${fault.message}`;
  const open = new Set(find(shown).map(mark));
  return found.map(({ subject, fault }) => ({
    subject,
    called: names.has(subject.name) ? subject.name : (subjects[0]?.name ?? ""),
    fault: open.has(mark({ subject, fault })) ? fault : { ...fault, message: secretFault },
  }));
}

/** The message of a rule's violations by a resource, without those that are excepted; undefined if there is none. */
export function evaluate(
  rule: Rule,
  resource: EvaluatedResource,
  context: Context,
  exceptions: Exceptions,
): string | undefined {
  const faults = faultsOf(rule, resource, context)
    .filter(({ subject }) => !exceptions.covers(rule.name, subject.name))
    .map(({ called, fault }) => ({ subject: called, fault }));
  return faults.length === 0 ? undefined : verdict(rule, faults);
}

/** What a rule about a stack finds in it, without those that are excepted, and without the content of its secrets. */
export function evaluateStack(
  rule: StackRule,
  resources: EvaluatedResource[],
  exceptions: Exceptions,
): StackFault[] {
  const all = (which: "subjects" | "marked" | "shown") => resources.flatMap((each) => each[which]);
  const faults = rule
    .evaluate(all(rule.aboutSecrets ? "marked" : "subjects"))
    .filter(({ resource }) => !exceptions.covers(rule.name, resource));
  const open = resources.every(({ subjects, shown }) => shown === subjects);
  if (faults.length === 0 || rule.aboutSecrets || open) return faults;
  const shown = all("shown");
  const said = new Set(rule.evaluate(shown).map(({ resource, message }) => `${resource}\n${message}`));
  const names = new Set(
    shown.flatMap(({ name, kubernetes }) => [
      name,
      `namespace ${kubernetes?.name}`,
      `namespace ${kubernetes?.namespace}`,
    ]),
  );
  return faults.map(({ resource, message }) => ({
    resource: names.has(resource) ? resource : "an object whose name is secret",
    message: said.has(`${resource}\n${message}`) ? message : secretFault,
  }));
}

import type { Json } from "./values.ts";

/** What a rule judges: a resource's inputs, or an object that a Helm release would send to Kubernetes. */
export interface Subject {
  /** Pulumi's type token; of an object in a release, `helm:<kind>`. */
  type: string;
  /** For people and for exceptions: the resource's name, or `<release>/<Kind>/<name>`. */
  name: string;
  /** Secrets are `Hidden`, what is not known yet is `unknown`. */
  props: Json;
  /** Set when it is a Kubernetes object, however it gets there. */
  kubernetes?: KubernetesObject;
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  name: string;
  /** Undefined where there is none, or it is not known yet. */
  namespace?: string;
  labels: Json;
  body: Json;
}

/** Where a judgement takes place. */
export interface Context {
  stack: string;
  settings: PolicySettings;
  /** The stack's configuration without the project's name; text as Pulumi keeps it. */
  config: Record<string, string>;
}

/** Whether a stack is in a list of the settings; `*` at an entry's end stands for anything. */
export const isListed = (stack: string, names: readonly string[]): boolean =>
  names.some((name) => (name.endsWith("*") ? stack.startsWith(name.slice(0, -1)) : name === stack));

/** What rules are told by `settings.yaml`. */
export interface PolicySettings {
  /** Stacks whose images must be pinned by digest. */
  production: string[];
  /** Images that may run; with a slash at the end all whose names begin so. */
  registries: string[];
  /** Stacks in which SSH and the Kubernetes API may be open to the internet. */
  adminPortsFromAnywhere: string[];
  /** Stacks whose pod network may be unencrypted. */
  plainPodNetwork: string[];
}

/** One thing that a rule has against a subject. */
export interface Fault {
  /** Where in the subject; empty for the whole of it. */
  path: string;
  message: string;
}

/** One rule. It holds in both halves: for resources as Pulumi sees them, and for objects inside Helm releases. */
export interface Rule {
  name: string;
  /** One sentence: what holds. */
  description: string;
  severity: "low" | "medium" | "high" | "critical";
  why: string;
  fix: string;
  /** Pure. */
  judge(subject: Subject, context: Context): Fault[];
}

/** One thing that a rule has against a stack. */
export interface StackFault {
  /** What it is about, for exceptions: a resource's name, `<release>/<Kind>/<name>`, or `namespace <name>`. */
  resource: string;
  message: string;
}

/** A rule about several objects at once: it is asked at the end, about all of a stack. */
export interface StackRule extends Omit<Rule, "judge"> {
  /** Pure. */
  judge(subjects: Subject[]): StackFault[];
}

/** What a rule says of a resource, as one text with its remedy. */
export function verdict(rule: Rule, faults: { subject: string; fault: Fault }[]): string {
  const lines = faults.map(
    ({ subject, fault: { path, message } }) => `${subject}${path ? ` at ${path}` : ""}: ${message}`,
  );
  return `${lines.join("\n")}\nWhy: ${rule.why}\nFix: ${rule.fix}`;
}

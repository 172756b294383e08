import type { Json } from "./values.ts";

/** What a rule evaluates: a resource's inputs, or an object that a Helm release would send to Kubernetes. */
export interface Subject {
  /** Pulumi's type token; of an object in a release, `helm:<kind>`. */
  type: string;
  /** In messages and exceptions: the resource's name, or `<release>/<Kind>/<name>`. */
  name: string;
  /** Values that are unknown until the update are `unknown`; secret ones are `Hidden` for the rules about secrets. */
  props: Json;
  /** Set for Kubernetes objects, of resources and of releases. */
  kubernetes?: KubernetesObject;
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  name: string;
  /** Undefined for an object without one, and while it is unknown. */
  namespace?: string;
  labels: Json;
  body: Json;
}

/** The stack that is evaluated. */
export interface Context {
  stack: string;
  settings: PolicySettings;
  /** The stack's configuration without the project's name; text as Pulumi keeps it. */
  config: Record<string, string>;
}

/** Whether a stack is in a list of the settings; `*` at an entry's end stands for anything. */
export const isListed = (stack: string, names: readonly string[]): boolean =>
  names.some((name) => (name.endsWith("*") ? stack.startsWith(name.slice(0, -1)) : name === stack));

/** Content of `settings.yaml`. */
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

/** One violation of a rule by a subject. */
export interface Fault {
  /** Path in the subject; empty for the whole of it. */
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
  /** About which values are secret: these are `Hidden` to it, while every other rule gets their content. */
  aboutSecrets?: true;
  /**
   * Pure. Where a subject holds secrets it is called with their content, and with them `Hidden`: what it says only of
   * their content is not shown.
   */
  evaluate(subject: Subject, context: Context): Fault[];
}

/** One violation of a rule by a stack. */
export interface StackFault {
  /** What it is about, for exceptions: a resource's name, `<release>/<Kind>/<name>`, or `namespace <name>`. */
  resource: string;
  message: string;
}

/** A rule about several objects at once, evaluated after all resources of a stack. */
export interface StackRule extends Omit<Rule, "evaluate"> {
  /** Pure. Called as a rule about one subject is. */
  evaluate(subjects: Subject[]): StackFault[];
}

/** The message of a violation: each fault, then why the rule exists and how to fix it. */
export function verdict(rule: Rule, faults: { subject: string; fault: Fault }[]): string {
  const lines = faults.map(
    ({ subject, fault: { path, message } }) => `${subject}${path ? ` at ${path}` : ""}: ${message}`,
  );
  return `${lines.join("\n")}\nWhy: ${rule.why}\nFix: ${rule.fix}`;
}

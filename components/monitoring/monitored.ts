import type { NamespaceName } from "../network/names.ts";

/** Pods that serve metrics in Prometheus's format. */
export interface Target {
  /** Label `job` of their samples; unique in the stack. */
  job: string;
  namespace: NamespaceName;
  /** Labels of the pods. */
  pods: Readonly<Record<string, string>>;
  port: number;
  /** Default `/metrics`. */
  path?: string;
}

/** What a part of the platform wants to be watched by. */
export interface Monitored {
  targets: Target[];
  /** Files with alerts, by name. */
  rules: Record<string, string>;
}

/**
 * Several parts as one. Pure.
 * @throws when two have a job or a file of the same name
 */
export function together(parts: readonly Monitored[]): Monitored {
  const targets = parts.flatMap((part) => part.targets);
  const files = parts.flatMap(({ rules }) => Object.entries(rules));
  for (const [what, names] of [
    ["job", targets.map(({ job }) => job)],
    ["rule file", files.map(([name]) => name)],
  ] as const) {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      throw new Error(`monitoring: two parts have a ${what} called ${twice}; rename one`);
  }
  return { targets, rules: Object.fromEntries(files) };
}

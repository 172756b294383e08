import type { NamespaceName } from "../network/names.ts";
import type { Dashboard, Panel } from "./dashboards/panels.ts";

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
  /** Dashboards on it. Default: none. */
  dashboards?: readonly Dashboard[];
  /** What the overview shows of it. Default: nothing. */
  summary?: readonly Panel[];
}

/**
 * Several parts as one. Pure.
 * @throws when two have a job, a file or a dashboard of the same name
 */
export function together(parts: readonly Monitored[]): Required<Monitored> {
  const targets = parts.flatMap((part) => part.targets);
  const files = parts.flatMap(({ rules }) => Object.entries(rules));
  const dashboards = parts.flatMap((part) => part.dashboards ?? []);
  for (const [what, names] of [
    ["job", targets.map(({ job }) => job)],
    ["rule file", files.map(([name]) => name)],
    ["dashboard", dashboards.map(({ name }) => name)],
  ] as const) {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      throw new Error(`monitoring: two parts have a ${what} called ${twice}; rename one`);
  }
  const summary = parts.flatMap((part) => part.summary ?? []);
  return { targets, rules: Object.fromEntries(files), dashboards, summary };
}

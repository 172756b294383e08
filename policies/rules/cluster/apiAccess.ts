import { podOf } from "../../engine/pods.ts";
import type { Fault, Rule } from "../../engine/rule.ts";
import { isOpaque, type Json, list, object } from "../../engine/values.ts";

/** What gives everything, by field of a role's rule, with what is wrong about it. */
const forbidden: ReadonlyMap<string, ReadonlyMap<unknown, string>> = new Map([
  [
    "verbs",
    new Map([
      ["*", "is a wildcard"],
      ["escalate", "holds escalate: who has it gives itself any right"],
      ["bind", "holds bind: who has it gives itself any role"],
      ["impersonate", "holds impersonate: who has it acts as anybody"],
    ]),
  ],
  ["resources", new Map(["*", "*/*"].map((all) => [all, "is a wildcard"]))],
]);

const faultsOf = (rule: Json, index: number): Fault[] =>
  [...forbidden].flatMap(([field, values]) => {
    const given: unknown = rule[field];
    return (Array.isArray(given) ? given : [])
      .flatMap((each) => values.get(each) ?? [])
      .map((message) => ({ path: `rules[${index}].${field}`, message }));
  });

/** A selector without a condition takes in every role. */
const isEmpty = (selector: unknown): boolean =>
  !isOpaque(selector) &&
  ["matchLabels", "matchExpressions"].every((name) => {
    const conditions = object(selector)[name];
    return !isOpaque(conditions) && Object.keys(conditions ?? {}).length === 0;
  });

/** Faults of a role that is made of others. */
const aggregated = (selectors: unknown): Fault[] =>
  (Array.isArray(selectors) ? selectors : [])
    .filter(isEmpty)
    .map(() => ({ path: "aggregationRule", message: "takes in every role" }));

export const apiAccess: Rule = {
  name: "least-api-access",
  description: "Nobody may everything in Kubernetes, and no pod carries the default account's token.",
  severity: "critical",
  why: "who breaks into a pod has its token: with wildcards or cluster-admin the whole cluster, every Secret included",
  fix: "name verbs and resources in a separate role; give pods a dedicated service account, or set automountServiceAccountToken: false",
  evaluate(subject) {
    const { kubernetes } = subject;
    if (!kubernetes) return [];
    const { kind, body } = kubernetes;
    if (kind === "Role" || kind === "ClusterRole") {
      return [
        ...list(body.rules).flatMap(faultsOf),
        ...aggregated(object(body.aggregationRule).clusterRoleSelectors),
      ];
    }
    if (kind === "RoleBinding" || kind === "ClusterRoleBinding") {
      return object(body.roleRef).name === "cluster-admin"
        ? [{ path: "roleRef", message: "makes a cluster administrator" }]
        : [];
    }
    const pod = podOf(subject);
    if (!pod) return [];
    const { serviceAccountName: account, automountServiceAccountToken: mounted } = pod.spec;
    // Kubernetes reads no name, and an empty one, as the default account's.
    return (!account || account === "default") && mounted !== false && !isOpaque(mounted)
      ? [{ path: pod.path, message: "mounts the token of the namespace's default account" }]
      : [];
  },
};

import { podOf } from "../../engine/pods.ts";
import type { Fault, Rule } from "../../engine/rule.ts";
import { isOpaque, list, object } from "../../engine/values.ts";

const wild = (value: unknown): boolean => Array.isArray(value) && value.includes("*");

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
      return list(body.rules).flatMap((rule, index): Fault[] =>
        ["verbs", "resources"]
          .filter((field) => wild(rule[field]))
          .map((field) => ({ path: `rules[${index}].${field}`, message: "is a wildcard" })),
      );
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

import { podOf } from "../../engine/pods.ts";
import type { Rule } from "../../engine/rule.ts";
import { isOpaque, object } from "../../engine/values.ts";

export const namespaced: Rule = {
  name: "own-namespace",
  description: "Pods run in a namespace of the platform, not in Kubernetes's default one or its own.",
  severity: "medium",
  why: "the default namespace has no Pod Security, no quota and no network policies: a pod in it is not isolated; those of Kubernetes itself (kube-system) hold what rules the cluster",
  fix: "set metadata.namespace to one that components/network makes",
  evaluate(subject) {
    const pod = podOf(subject);
    const { namespace } = object(subject.kubernetes?.body.metadata);
    if (!pod || isOpaque(namespace)) return [];
    const place = subject.kubernetes?.namespace ?? "default";
    return place === "default" || place.startsWith("kube-")
      ? [{ path: "metadata.namespace", message: `is ${place}` }]
      : [];
  },
};

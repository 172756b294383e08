import { podOf, security } from "../../engine/pods.ts";
import type { Rule } from "../../engine/rule.ts";
import { isOpaque, object } from "../../engine/values.ts";

export const seccomp: Rule = {
  name: "seccomp",
  description: "Containers run with a seccomp profile.",
  severity: "medium",
  why: "without one a container may make every system call, and most kernel flaws are in calls that applications do not need",
  fix: "set securityContext.seccompProfile.type: RuntimeDefault on the pod",
  evaluate(subject) {
    const pod = podOf(subject);
    return (pod?.containers ?? []).flatMap((container) => {
      const profile = pod && security(pod, container, "seccompProfile");
      const type = object(profile).type;
      if (isOpaque(profile) || isOpaque(type) || type === "RuntimeDefault" || type === "Localhost") return [];
      const path = `${container.path}.securityContext`;
      return [{ path, message: `seccompProfile.type is ${type === undefined ? "not set" : String(type)}` }];
    });
  },
};

import { podOf, security } from "../../engine/pods.ts";
import type { Rule } from "../../engine/rule.ts";
import { isOpaque } from "../../engine/values.ts";

export const nonRoot: Rule = {
  name: "non-root",
  description: "Containers run as a user other than root.",
  severity: "high",
  why: "root in a container is root on the host after one flaw in the kernel or the runtime",
  fix: "set securityContext.runAsNonRoot: true (and no runAsUser: 0) on the pod or the container, with an image that has a user",
  evaluate(subject) {
    const pod = podOf(subject);
    return (pod?.containers ?? []).flatMap((container) => {
      const required = pod && security(pod, container, "runAsNonRoot");
      const user = pod && security(pod, container, "runAsUser");
      const path = `${container.path}.securityContext`;
      const faults = [];
      if (required !== true && !isOpaque(required))
        faults.push({ path, message: "runAsNonRoot is not true" });
      // Kubernetes takes numbers only, but a chart can write text.
      if ((typeof user === "number" || typeof user === "string") && Number(user) === 0)
        faults.push({ path, message: "runAsUser is 0, which is root" });
      return faults;
    });
  },
};

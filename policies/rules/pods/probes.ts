import { podOf } from "../../engine/pods.ts";
import type { Rule } from "../../engine/rule.ts";

export const probes: Rule = {
  name: "probes",
  description: "Containers that stay have a liveness and a readiness probe.",
  severity: "medium",
  why: "without readiness a rollout sends requests to what cannot answer, without liveness what hangs hangs for ever",
  fix: "set livenessProbe and readinessProbe (and a startupProbe where the start is slow) without a host in them",
  evaluate(subject) {
    const pod = podOf(subject);
    if (!pod || pod.finite) return [];
    return pod.containers
      .filter(({ init }) => !init)
      .flatMap(({ body, path }) => {
        const missing = ["livenessProbe", "readinessProbe"].filter((probe) => !body[probe]);
        return missing.length === 0 ? [] : [{ path, message: `has no ${missing.join(" and no ")}` }];
      });
  },
};

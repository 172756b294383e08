import { podOf } from "../../engine/pods.ts";
import type { Rule } from "../../engine/rule.ts";
import { isOpaque, object } from "../../engine/values.ts";

export const requestsAndLimits: Rule = {
  name: "requests-and-limits",
  description: "Containers request CPU and memory, and have a limit of both.",
  severity: "medium",
  why: "without requests the scheduler overloads a node, and without limits one pod starves all others on it",
  fix: "set resources.requests and resources.limits, each with cpu and memory",
  evaluate: (subject) =>
    (podOf(subject)?.containers ?? []).flatMap(({ body, path }) => {
      if (isOpaque(body.resources)) return [];
      const resources = object(body.resources);
      return ["requests", "limits"].flatMap((kind) => {
        if (isOpaque(resources[kind])) return [];
        const missing = ["cpu", "memory"].filter((each) => object(resources[kind])[each] === undefined);
        return missing.length === 0
          ? []
          : [{ path: `${path}.resources.${kind}`, message: `no ${kind} of ${missing.join(" and ")}` }];
      });
    }),
};

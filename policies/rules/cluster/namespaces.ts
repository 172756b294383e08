import type { Rule } from "../../engine/rule.ts";
import { isOpaque, object } from "../../engine/values.ts";

const label = "pod-security.kubernetes.io/enforce";

export const podSecurity: Rule = {
  name: "namespace-pod-security",
  description: "Every namespace enforces Pod Security restricted.",
  severity: "high",
  why: "what this pack does not see, such as pods that an operator makes, is held by the API server itself",
  fix: `label the namespace ${label}: restricted, in no version but the latest, or write an exception for the one that cannot`,
  evaluate({ kubernetes }) {
    if (kubernetes?.kind !== "Namespace") return [];
    const metadata = object(kubernetes.body.metadata);
    const level = object(metadata.labels)[label];
    if (isOpaque(level) || isOpaque(metadata.labels)) return [];
    if (level !== "restricted")
      return [
        {
          path: "metadata.labels",
          message: `${label} is ${level === undefined ? "not set" : String(level)}`,
        },
      ];
    const version = object(metadata.labels)[`${label}-version`] ?? "latest";
    return version === "latest" || isOpaque(version)
      ? []
      : [
          {
            path: "metadata.labels",
            message: `${label}-version is ${String(version)}, which may demand less`,
          },
        ];
  },
};

import { podOf } from "../../engine/pods.ts";
import type { Rule } from "../../engine/rule.ts";
import { isOpaque, object } from "../../engine/values.ts";

export const readOnlyRoot: Rule = {
  name: "read-only-root",
  description: "Containers cannot write to their root file system.",
  severity: "medium",
  why: "who breaks in cannot leave programs behind, and nothing is lost unnoticed when the container restarts",
  fix: "set securityContext.readOnlyRootFilesystem: true and mount an emptyDir where the program must write",
  evaluate: (subject) =>
    (podOf(subject)?.containers ?? []).flatMap(({ body, path }) => {
      const value = object(body.securityContext).readOnlyRootFilesystem;
      return value === true || isOpaque(value) || isOpaque(body.securityContext)
        ? []
        : [{ path: `${path}.securityContext`, message: "readOnlyRootFilesystem is not true" }];
    }),
};

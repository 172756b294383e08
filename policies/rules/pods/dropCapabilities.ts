import { podOf } from "../../engine/pods.ts";
import type { Fault, Rule } from "../../engine/rule.ts";
import { isOpaque, object } from "../../engine/values.ts";

export const dropCapabilities: Rule = {
  name: "drop-all-capabilities",
  description: "Containers drop all capabilities and cannot gain privileges.",
  severity: "high",
  why: "a container that keeps capabilities can forge packets or change files of others, and a set-uid program gives them back",
  fix: "set securityContext.capabilities.drop: [ALL] (add NET_BIND_SERVICE at most) and allowPrivilegeEscalation: false",
  evaluate: (subject) =>
    (podOf(subject)?.containers ?? []).flatMap(({ body, path }): Fault[] => {
      if (isOpaque(body.securityContext)) return [];
      const context = object(body.securityContext);
      const { drop, add } = object(context.capabilities);
      const at = `${path}.securityContext`;
      const faults: Fault[] = [];
      if (
        !isOpaque(context.capabilities) &&
        !isOpaque(drop) &&
        !(Array.isArray(drop) && drop.includes("ALL"))
      ) {
        faults.push({ path: at, message: "capabilities.drop does not say ALL" });
      }
      const added = (Array.isArray(add) ? add : []).filter((each) => each !== "NET_BIND_SERVICE");
      if (added.length > 0) faults.push({ path: at, message: `adds capabilities ${added.join(", ")}` });
      if (context.allowPrivilegeEscalation !== false && !isOpaque(context.allowPrivilegeEscalation)) {
        faults.push({ path: at, message: "allowPrivilegeEscalation is not false" });
      }
      return faults;
    }),
};

import { clusterSpecOf } from "../../engine/cloudNativePg.ts";
import type { Rule } from "../../engine/rule.ts";
import { isOpaque } from "../../engine/values.ts";

export const postgresSuperuser: Rule = {
  name: "postgres-no-superuser",
  description: "No PostgreSQL cluster lets its superuser in over the network.",
  severity: "high",
  why: "the superuser reads and changes every database, and runs programs in the server's pod",
  fix: "set enableSuperuserAccess: false; each service has its own login",
  evaluate(subject) {
    // CloudNativePG's default is false.
    const { enableSuperuserAccess = false } = clusterSpecOf(subject) ?? {};
    return enableSuperuserAccess === false || isOpaque(enableSuperuserAccess)
      ? []
      : [{ path: "spec.enableSuperuserAccess", message: "is on" }];
  },
};

import type { Fault, Rule } from "../../engine/rule.ts";
import { isOpaque, object } from "../../engine/values.ts";

export const postgresSuperuser: Rule = {
  name: "postgres-no-superuser",
  description: "No PostgreSQL cluster lets its superuser in over the network.",
  severity: "high",
  why: "the superuser reads and changes every database, and runs programs in the server's pod",
  fix: "set enableSuperuserAccess: false; services have logins of their own",
  judge({ kubernetes }) {
    if (kubernetes?.kind !== "Cluster" || !kubernetes.apiVersion.startsWith("postgresql.cnpg.io/")) return [];
    const { enableSuperuserAccess } = object(kubernetes.body.spec);
    const faults: Fault[] = [];
    // CloudNativePG's default is false.
    if (
      enableSuperuserAccess !== undefined &&
      enableSuperuserAccess !== false &&
      !isOpaque(enableSuperuserAccess)
    ) {
      faults.push({ path: "spec.enableSuperuserAccess", message: "is on" });
    }
    return faults;
  },
};

import { type Fault, isListed, type Rule, type Subject } from "../../engine/rule.ts";
import { isOpaque, type Json, list, object } from "../../engine/values.ts";

/** The spec of a CloudNativePG cluster; of anything else, nothing. */
const clusterOf = ({ kubernetes }: Subject): Json | undefined =>
  kubernetes?.kind === "Cluster" && kubernetes.apiVersion.startsWith("postgresql.cnpg.io/")
    ? object(kubernetes.body.spec)
    : undefined;

export const postgresSuperuser: Rule = {
  name: "postgres-no-superuser",
  description: "No PostgreSQL cluster lets its superuser in over the network.",
  severity: "high",
  why: "the superuser reads and changes every database, and runs programs in the server's pod",
  fix: "set enableSuperuserAccess: false; services have logins of their own",
  judge(subject) {
    const { enableSuperuserAccess } = clusterOf(subject) ?? {};
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

/** Whether a cluster keeps its log elsewhere: by a plugin, or by what CloudNativePG itself can. */
const isBackedUp = ({ backup, plugins }: Json): boolean =>
  isOpaque(backup) ||
  isOpaque(plugins) ||
  Object.keys(object(backup)).some((way) => way === "barmanObjectStore" || way === "volumeSnapshot") ||
  list(plugins).some(({ isWALArchiver, enabled }) => isWALArchiver === true && enabled !== false);

export const postgresSurvives: Rule = {
  name: "postgres-survives",
  description: "In production every PostgreSQL cluster has a standby and a backup.",
  severity: "high",
  why: "a single server is gone with its node, and what is deleted by mistake is deleted on every standby, too",
  fix: "set sophia-infra:postgres.instances to 2 or more on as many hosts with the role data, and name a backup plugin",
  judge(subject, { stack, settings }) {
    const spec = clusterOf(subject);
    if (!spec || !isListed(stack, settings.production)) return [];
    const { instances } = spec;
    const faults: Fault[] = [];
    if (!isOpaque(instances) && !(Number(instances) >= 2))
      faults.push({
        path: "spec.instances",
        message: `is ${String(instances ?? "not set")}: there is no standby`,
      });
    if (!isBackedUp(spec))
      faults.push({ path: "spec.plugins", message: "none archives the log: there is no backup" });
    return faults;
  },
};

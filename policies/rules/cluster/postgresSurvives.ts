import { clusterSpecOf } from "../../engine/cloudNativePg.ts";
import { type Fault, isListed, type Rule } from "../../engine/rule.ts";
import { isOpaque, type Json, list, object } from "../../engine/values.ts";

/** Whether a cluster archives its log: by a plugin, or by CloudNativePG itself. */
const isBackedUp = ({ backup, plugins }: Json): boolean =>
  isOpaque(backup) ||
  isOpaque(plugins) ||
  Object.keys(object(backup)).some((way) => way === "barmanObjectStore" || way === "volumeSnapshot") ||
  list(plugins).some(({ isWALArchiver, enabled }) => isWALArchiver === true && enabled !== false);

export const postgresSurvives: Rule = {
  name: "postgres-survives",
  description: "In production every PostgreSQL cluster has a standby and a backup.",
  severity: "high",
  why: "a single server is lost with its node, and a deletion by mistake is replicated to every standby",
  fix: "set sophia-infra:postgres.instances to 2 or more on as many hosts with the role data, and name a backup plugin",
  evaluate(subject, { stack, settings }) {
    const spec = clusterSpecOf(subject);
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

import { clusterSpecOf, isBackedUp } from "../../engine/cloudNativePg.ts";
import { type Fault, isListed, type Rule } from "../../engine/rule.ts";
import { isOpaque } from "../../engine/values.ts";

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

import { clusterSpecOf, isBackedUp } from "../../engine/cloudNativePg.ts";
import type { StackRule, Subject } from "../../engine/rule.ts";
import { isOpaque, object } from "../../engine/values.ts";

/** Whether a subject backs up a cluster of that name and namespace by the clock. What is not known yet may be that one. */
function backsUp({ kubernetes }: Subject, cluster: string, namespace: string | undefined): boolean {
  if (kubernetes?.kind !== "ScheduledBackup" || kubernetes.namespace !== namespace) return false;
  const { cluster: given, suspend } = object(kubernetes.body.spec);
  const { name } = object(given);
  return suspend !== true && (isOpaque(given) || isOpaque(name) || name === cluster);
}

export const postgresBackups: StackRule = {
  name: "postgres-base-backup",
  description: "Every PostgreSQL cluster that archives its log is backed up by the clock, too.",
  severity: "high",
  why: "the archived log restores nothing without a base backup before it",
  fix: "add a ScheduledBackup of the cluster, as charts/postgres does where a bucket for backups is named",
  evaluate: (subjects) =>
    subjects
      .filter((subject) => isBackedUp(clusterSpecOf(subject) ?? {}))
      .filter(({ kubernetes }) => {
        const { name = "", namespace } = kubernetes ?? {};
        return !subjects.some((other) => backsUp(other, name, namespace));
      })
      .map(({ name }) => ({
        resource: name,
        message: "archives its log, and no ScheduledBackup is its base",
      })),
};

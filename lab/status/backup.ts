import type { V1CronJob, V1Job } from "@kubernetes/client-node";
import type { BackupStatus } from "./report.ts";

/** The step that ends a run. Jobs that only open or fetch have none of that name. */
const lastStep = "record";

/** How the scheduled backups are, by their Jobs; undefined where the stack has none. Pure. */
export function backupStatus(cronJobs: V1CronJob[], jobs: V1Job[]): BackupStatus | undefined {
  const cron = cronJobs.find(({ metadata }) => metadata?.namespace === "data" && metadata.name === "backup");
  if (!cron) return undefined;
  const { schedule = "", suspend = false } = cron.spec ?? {};
  const runs = jobs
    .filter(
      ({ metadata, spec }) =>
        metadata?.namespace === "data" &&
        spec?.template.spec?.containers.some(({ name }) => name === lastStep),
    )
    .flatMap(({ metadata, status }) => {
      const end = status?.conditions?.find(
        (one) => (one.type === "Complete" || one.type === "Failed") && one.status === "True",
      );
      const at = end?.lastTransitionTime;
      return end && at
        ? [{ name: metadata?.name ?? "", at: at.toISOString(), well: end.type === "Complete" }]
        : [];
    })
    .sort((a, b) => a.at.localeCompare(b.at));
  const last = runs.at(-1);
  const since = runs.findLast(({ well }) => well)?.at;
  const problem = suspend
    ? "the schedule is suspended"
    : last === undefined
      ? "no run has ended yet"
      : last.well
        ? undefined
        : `the run ${last.name} failed: docs/runbooks/backup-too-old.md`;
  return {
    name: "backup",
    ok: problem === undefined,
    schedule,
    ...(since !== undefined && { since }),
    ...(problem !== undefined && { problem }),
  };
}

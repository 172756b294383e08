import { expect, test } from "vitest";
import { backupStatus } from "../../../../lab/status/backup.ts";

const cron = (spec: object = {}, name = "backup") =>
  ({ metadata: { name, namespace: "data" }, spec: { schedule: "30 2 * * *", ...spec } }) as never;
const job = (name: string, type: string | undefined, hour: number, container = "record") =>
  ({
    metadata: { name, namespace: "data" },
    spec: { template: { spec: { containers: [{ name: container }] } } },
    status: {
      conditions: type
        ? [{ type, status: "True", lastTransitionTime: new Date(Date.UTC(2026, 6, 28, hour)) }]
        : [],
    },
  }) as never;

test("D4 the status of backups is that of the run that ended last, with the time of the last success", () => {
  expect(backupStatus([cron({}, "backup-fetch")], [])).toBeUndefined();
  const status = (...jobs: never[]) => backupStatus([cron()], jobs);
  const well = { name: "backup", ok: true, schedule: "30 2 * * *", since: "2026-07-28T02:00:00.000Z" };
  const first = job("backup-1", "Complete", 2);
  expect(status(job("backup-2", undefined, 4), first)).toEqual(well);
  expect(status(job("backup-0", "Failed", 1), first, job("fetch", "Failed", 9, "fetch"))).toEqual(well);
  expect(status(job("backup-2", "Failed", 3), first)).toEqual({
    ...well,
    ok: false,
    problem: "the run backup-2 failed: docs/runbooks/backup-too-old.md",
  });
  expect(status()).toMatchObject({ ok: false, problem: "no run has ended yet" });
  expect(backupStatus([cron({ suspend: true })], [first])).toMatchObject({
    ok: false,
    problem: "the schedule is suspended",
  });
});

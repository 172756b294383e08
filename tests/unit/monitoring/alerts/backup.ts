import { type AlertCase, always } from "./case.ts";

const success = "cnpg_sophia_backup_last_success";
const summary = "No backup of PostgreSQL and Redis succeeded in the last 26 hours";

/** Each alert of `components/backup/alerts.yaml`. */
export const backupCases: AlertCase[] = [
  {
    alert: "BackupTooOld",
    // None yet, or nobody knows.
    series: {},
    at: 30,
    summary,
    well: { [success]: always(0) },
  },
  {
    alert: "BackupTooOld",
    // An hour before these minutes began, it was 25 hours old.
    series: { [`${success}{instance="a"}`]: always(-25 * 3600) },
    at: 61 + 30,
    summary,
    // Two servers report, one of them not yet the last success.
    well: {
      [`${success}{instance="a"}`]: always(-30 * 3600),
      [`${success}{instance="b"}`]: always(-24 * 3600),
    },
  },
];

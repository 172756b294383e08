import { readFileSync } from "node:fs";
import { join } from "node:path";
import { limitOf } from "../monitoring/dashboards/panels.ts";
import type { Monitored } from "../monitoring/monitored.ts";
import type { Settings } from "../settings/schema.ts";
import { backupDashboard, backupSummary } from "./dashboard.ts";

/** Where a run records its success: `record.sh` makes the table. */
export const recordedIn = { database: "sophia_monitoring", owner: "monitoring" } as const;

/** Hours as the file of alerts has them, the setting's default. */
const written = 26;

/** What PostgreSQL's exporter says of the last backup, as CloudNativePG reads it; nothing without backups. Pure. */
export function backupQueries(backup: Settings["backup"]): Record<string, object> {
  if (!backup) return {};
  const gauge = (name: string, description: string) => ({ [name]: { usage: "GAUGE", description } });
  return {
    sophia_backup: {
      primary: true,
      target_databases: [recordedIn.database],
      // Before the first success there is no table.
      predicate_query: "SELECT pg_catalog.to_regclass('backups.runs') IS NOT NULL",
      query:
        "SELECT extract(epoch FROM finished_at) AS last_success, extract(epoch FROM finished_at - started_at) AS seconds, " +
        "bytes, bytes_added FROM backups.runs ORDER BY finished_at DESC LIMIT 1",
      metrics: [
        gauge("last_success", "When the last backup was complete, in seconds since 1970"),
        gauge("seconds", "How long it took"),
        gauge("bytes", "Size of its dumps"),
        gauge("bytes_added", "What it added to the repository"),
      ],
    },
  };
}

/** The alert on backups and a dashboard, of what PostgreSQL's exporter reports; nothing without backups. */
export function backupMonitored(backup: Settings["backup"]): Monitored {
  if (!backup) return { targets: [], rules: {} };
  const text = readFileSync(join(import.meta.dirname, "alerts.yaml"), "utf8");
  const rules = text.replaceAll(String(written), String(backup.maxAgeHours));
  const oldest = limitOf(rules, "BackupTooOld");
  return {
    targets: [],
    rules: { backup: rules },
    dashboards: [backupDashboard(oldest)],
    summary: backupSummary(oldest),
  };
}

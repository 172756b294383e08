import { type Dashboard, graph, type Panel, stat } from "../monitoring/dashboards/panels.ts";

const runbook = "docs/runbooks/backup-too-old.md";
const empty = "no backup has succeeded yet, which is an alert after half an hour";

const age = (oldest: number): Panel =>
  stat(
    "Last backup",
    "time() - max(cnpg_sophia_backup_last_success)",
    "How long ago the last backup of PostgreSQL and Redis was complete.",
    { unit: "s", levels: ["green", [oldest, "red"]], runbook, empty },
  );

/** Of the backups. Pure. @param oldest seconds from which on the last one is too old */
export const backupDashboard = (oldest: number): Dashboard => ({
  name: "backup",
  title: "backups",
  description: "When the last backup was complete, how long it took, and its size.",
  rows: [
    {
      title: "Last backup",
      panels: [
        age(oldest),
        stat("Size", "max(cnpg_sophia_backup_bytes)", "Of its dumps, before they are compressed.", {
          unit: "bytes",
          empty,
        }),
        stat("Added", "max(cnpg_sophia_backup_bytes_added)", "What it added to the repository.", {
          unit: "bytes",
          empty,
        }),
      ],
    },
    {
      title: "All backups",
      panels: [
        graph("Duration", "max(cnpg_sophia_backup_seconds)", "How long each took, from its end on.", {
          legend: "seconds",
          unit: "s",
          runbook,
          empty,
        }),
        graph("Sizes", "max(cnpg_sophia_backup_bytes)", "Of each one's dumps, from its end on.", {
          legend: "dumps",
          unit: "bytes",
          empty,
        }),
      ],
    },
  ],
});

/** What the overview shows of them. Pure. @param oldest seconds from which on the last one is too old */
export const backupSummary = (oldest: number): readonly Panel[] => [age(oldest)];

import { cost } from "./hosts.ts";
import { type Dashboard, graph, noneIsGood, type Panel, someIsGood, stat, table } from "./panels.ts";

const alerts = table(
  "Alerts that fire",
  'ALERTS{alertstate="firing"}',
  "Each with the labels that say where. Its runbook is in the list of alerts in docs/runbooks/README.md.",
  { runbook: "docs/runbooks/README.md", empty: "no alert fires" },
);

const now: readonly Panel[] = [
  stat("Alerts", 'count(ALERTS{alertstate="firing"}) or vector(0)', "How many alerts fire now.", {
    levels: noneIsGood,
    runbook: "docs/runbooks/README.md",
  }),
  stat("Targets down", "sum(1 - up)", "Processes that do not serve their metrics to Prometheus.", {
    levels: noneIsGood,
    runbook: "docs/runbooks/monitoring.md",
  }),
  stat(
    "Jobs without a pod",
    'sum(prometheus_sd_discovered_targets{name="scrape"} == bool 0)',
    "Parts of the platform of which no pod is there, so that nothing could be down.",
    { levels: noneIsGood, runbook: "docs/runbooks/monitoring.md" },
  ),
  stat(
    "Hosts without an answer",
    "count(max by (host) (sophia_host_expected) unless on (host) (sophia_host_answers == 1)) or vector(0)",
    "Hosts of the stack whose health service says nothing: off, unreachable, or their exporter is away.",
    { levels: noneIsGood, runbook: "docs/runbooks/replace-a-node.md" },
  ),
  stat(
    "PostgreSQL primary",
    "count(cnpg_pg_replication_in_recovery == 0) or vector(0)",
    "Servers that take writes: exactly one.",
    {
      words: { 0: "none", 1: "up" },
      levels: ["red", [1, "green"], [2, "red"]],
      runbook: "docs/runbooks/postgres.md",
    },
  ),
];

const monitoring: readonly Panel[] = [
  graph(
    "Series",
    "prometheus_tsdb_head_series",
    "Series that Prometheus keeps in memory. A steep rise fills it.",
    {
      legend: "series",
      unit: "short",
      runbook: "docs/runbooks/monitoring.md",
    },
  ),
  graph(
    "Seconds of a scrape",
    "max by (job) (scrape_duration_seconds)",
    "How long the slowest pod of each job takes to serve its metrics. After the interval, at most 10 s, it counts as down.",
    { legend: "{{job}}", unit: "s", runbook: "docs/runbooks/monitoring.md" },
  ),
  stat(
    "Rules that fail",
    "sum(increase(prometheus_rule_evaluation_failures_total[10m]))",
    "Evaluations of alerts that failed in the last ten minutes.",
    {
      levels: noneIsGood,
      runbook: "docs/runbooks/monitoring.md",
    },
  ),
  stat(
    "Messages not sent",
    "sum(increase(alertmanager_notifications_failed_total[10m])) + sum(increase(prometheus_notifications_dropped_total[10m]))",
    "Alerts that did not reach Alertmanager, or their receiver, in the last ten minutes.",
    { levels: noneIsGood, runbook: "docs/runbooks/monitoring.md" },
  ),
  stat(
    "Alertmanager",
    "count(alertmanager_build_info) or vector(0)",
    "Whether the server that sends alerts is there.",
    {
      words: { 0: "down", 1: "up" },
      levels: someIsGood,
      runbook: "docs/runbooks/monitoring.md",
    },
  ),
];

/** What is wrong now, on one screen. Pure. @param parts what the parts of the stack add to it */
export const overview = (parts: readonly Panel[]): Dashboard => ({
  name: "overview",
  title: "overview",
  description: "What is wrong now. Green everywhere and no alert: nothing to do.",
  rows: [
    { title: "Now", panels: [...now, ...parts, cost] },
    { title: "Alerts", panels: [alerts] },
    { title: "Monitoring itself", panels: monitoring },
  ],
});

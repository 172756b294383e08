import { type Dashboard, graph, type Panel, stat } from "./panels.ts";

const runbook = "docs/runbooks/postgres.md";
/** The cluster's own; those of templates and of no database count nobody's work. */
const perSecond = (counter: string) =>
  `sum by (datname) (rate(cnpg_pg_stat_database_${counter}{datname!~"template.*|"}[$__rate_interval]))`;

const servers: readonly Panel[] = [
  stat(
    "Primary",
    "count(cnpg_pg_replication_in_recovery == 0) or vector(0)",
    "Servers that take writes: exactly one.",
    {
      words: { 0: "none", 1: "up" },
      levels: ["red", [1, "green"], [2, "red"]],
      runbook,
    },
  ),
  stat(
    "Replicas",
    "count(cnpg_pg_replication_in_recovery == 1) or vector(0)",
    "Servers that follow the primary: one fewer than `postgres.instances`.",
  ),
  stat(
    "Up for",
    "time() - max(cnpg_pg_postmaster_start_time)",
    "Since the last start of the server that started last.",
    {
      unit: "s",
      runbook,
    },
  ),
  stat(
    "Cache hit rate",
    "sum(cnpg_pg_stat_database_blks_hit) / (sum(cnpg_pg_stat_database_blks_hit) + sum(cnpg_pg_stat_database_blks_read))",
    "Share of blocks that were in PostgreSQL's memory when they were needed, since its statistics began. Below 95 % it reads from disk much: more `shared_buffers`, or an index.",
    { unit: "percentunit" },
  ),
  stat("Waiting for a lock", "sum(cnpg_backends_waiting_total)", "Connections that another one blocks.", {
    runbook,
  }),
  stat(
    "Longest transaction",
    "max(cnpg_backends_max_tx_duration_seconds)",
    "An old transaction keeps locks, and rows that nobody needs from being removed.",
    { unit: "s", runbook },
  ),
];

const load: readonly Panel[] = [
  graph("Transactions a second", perSecond("xact_commit"), "Committed, by database.", {
    legend: "{{datname}}",
    unit: "ops",
  }),
  graph(
    "Transactions rolled back",
    perSecond("xact_rollback"),
    "A second, by database: errors, or clients that go away.",
    {
      legend: "{{datname}}",
      unit: "ops",
    },
  ),
  graph(
    "Connections",
    [
      { expr: "sum by (state) (cnpg_backends_total)", legend: "{{state}}" },
      { expr: 'max(cnpg_pg_settings_setting{name="max_connections"})', legend: "at most" },
    ],
    "By what they do, and how many there may be.",
    {
      unit: "short",
      runbook,
    },
  ),
  graph(
    "Cache hit rate by database",
    `${perSecond("blks_hit")} / (${perSecond("blks_hit")} + ${perSecond("blks_read")} > 0)`,
    "Share of blocks that were in PostgreSQL's memory when they were needed.",
    { legend: "{{datname}}", unit: "percentunit" },
  ),
  graph("Deadlocks", perSecond("deadlocks"), "A second. PostgreSQL ends one of the two transactions.", {
    legend: "{{datname}}",
    unit: "ops",
  }),
  graph(
    "Temporary files",
    perSecond("temp_bytes"),
    "Bytes a second that queries put on disk, because they need more than `work_mem`.",
    {
      legend: "{{datname}}",
      unit: "Bps",
    },
  ),
];

const storage: readonly Panel[] = [
  graph("Size", "max by (datname) (cnpg_pg_database_size_bytes)", "Of each database on disk.", {
    legend: "{{datname}}",
    unit: "bytes",
  }),
  graph(
    "WAL",
    'max by (instance) (cnpg_collector_pg_wal{value="size"})',
    "Size of the log of changes that is kept. A replication slot without a reader makes it grow.",
    {
      legend: "{{instance}}",
      unit: "bytes",
      runbook: "docs/runbooks/pipeline/slot-fills-up.md",
    },
  ),
  graph(
    "WAL written",
    "sum(rate(cnpg_collector_wal_bytes[$__rate_interval]))",
    "Bytes a second: how much is changed.",
    {
      legend: "written",
      unit: "Bps",
    },
  ),
  graph(
    "Lag of replicas",
    "max by (instance) (cnpg_pg_replication_lag)",
    "Seconds that each server is behind the primary, which is 0 behind itself.",
    {
      legend: "{{instance}}",
      unit: "s",
      runbook,
    },
  ),
  graph(
    "Age of transactions",
    "max by (datname) (cnpg_pg_database_xid_age)",
    "Transactions since the oldest that is not frozen. Autovacuum acts at 200 million; at two thousand million PostgreSQL takes no writes.",
    {
      legend: "{{datname}}",
      unit: "short",
      levels: ["transparent", [200e6, "orange"], [1e9, "red"]],
      runbook,
    },
  ),
];

const stats = "cnpg_pgbouncer_stats";
const each = (counter: string) => `sum by (database) (rate(${stats}_${counter}[$__rate_interval]))`;

const pooler: readonly Panel[] = [
  graph(
    "Clients",
    [
      { expr: "sum(cnpg_pgbouncer_pools_cl_active)", legend: "active" },
      { expr: "sum(cnpg_pgbouncer_pools_cl_waiting)", legend: "waiting" },
    ],
    "Connections to PgBouncer. Those that wait have no connection to PostgreSQL yet.",
    {
      unit: "short",
      runbook,
    },
  ),
  graph(
    "Longest wait",
    "max by (database) (cnpg_pgbouncer_pools_maxwait)",
    "Seconds that the first client in the queue has waited for a connection to PostgreSQL.",
    {
      legend: "{{database}}",
      unit: "s",
      runbook,
    },
  ),
  graph("Queries a second", each("total_query_count"), "Through PgBouncer, by database.", {
    legend: "{{database}}",
    unit: "ops",
  }),
  graph(
    "Mean time of a query",
    `${each("total_query_time")} / 1e6 / (${each("total_query_count")} > 0)`,
    "Through PgBouncer. Neither PostgreSQL nor PgBouncer counts how many queries took how long, so there is no p95.",
    { legend: "{{database}}", unit: "s", empty: "no query went through PgBouncer" },
  ),
];

/** Of PostgreSQL, and of PgBouncer where it runs. Pure. */
export const postgresDashboard = (runs: { pooler: boolean }): Dashboard => ({
  name: "postgres",
  title: "PostgreSQL",
  description: "Servers, load and storage, by CloudNativePG's exporter.",
  rows: [
    { title: "Servers", panels: servers },
    { title: "Load", panels: load },
    { title: "Storage and replication", panels: storage },
    ...(runs.pooler ? [{ title: "PgBouncer", panels: pooler }] : []),
  ],
});

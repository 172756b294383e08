import { type AlertCase, always } from "./case.ts";

const recovery = (instance: string) => `cnpg_pg_replication_in_recovery{instance="${instance}"}`;
const started = (instance: string) => `cnpg_pg_postmaster_start_time{instance="${instance}"}`;
/** As the exporter on another host, or on this one, says it. */
const expected = (instance: string) => `sophia_host_expected{instance="${instance}",host="backend"}`;
const discovered = (job: string) => `prometheus_sd_discovered_targets{name="scrape",config="${job}"}`;
const failed = 'alertmanager_notifications_failed_total{integration="slack"}';
const rule = 'prometheus_rule_evaluation_failures_total{rule_group="mcp.yaml;mcp"}';

/** Each alert of `mcp/alerts.yaml`. */
export const mcpCases: AlertCase[] = [
  {
    alert: "McpServerDown",
    series: { 'mcp_server_up{server="redis"}': always(0), mcp_gateway_up: always(1) },
    at: 2,
    labels: { server: "redis" },
    summary: "redis: the MCP server does not respond",
    well: { 'mcp_server_up{server="redis"}': "1+0x8 0 0 1+0x100", mcp_gateway_up: always(1) },
  },
  {
    alert: "McpGatewayDown",
    series: { mcp_gateway_up: always(0) },
    at: 1,
    summary: "the MCP gateway does not respond: clients can use the servers' own paths only",
    well: { mcp_gateway_up: always(1) },
  },
  {
    alert: "McpHealthUnknown",
    series: {},
    at: 10,
    summary: "the health of the MCP servers is unknown: no metrics",
    well: { mcp_gateway_up: always(0) },
  },
];

/** Each alert of `components/monitoring/alerts.yaml`. */
export const platformCases: AlertCase[] = [
  {
    alert: "PostgresDown",
    series: {},
    at: 1,
    summary: "PostgreSQL has no primary that answers",
    well: { [recovery("a")]: always(0) },
  },
  {
    alert: "PostgresDown",
    // The primary is gone after the fifth minute; a standby is left.
    series: { [recovery("a")]: "0+0x5 stale", [recovery("b")]: always(1) },
    at: 7,
    summary: "PostgreSQL has no primary that answers",
    well: { [recovery("a")]: always(0), [recovery("b")]: always(1) },
  },
  {
    alert: "PostgresRestarted",
    // Another pod, and so another address, after less than a minute.
    series: {
      [recovery("a")]: "0+0x5 stale",
      [started("a")]: "1000+0x5 stale",
      [recovery("b")]: "_x6 0+0x60",
      [started("b")]: "_x6 1360+0x60",
    },
    at: 6,
    summary: "PostgreSQL's primary restarted, or moved to another server, in the last 15 minutes",
    // A standby that restarts is no outage.
    well: {
      [recovery("a")]: always(0),
      [started("a")]: always(1000),
      [recovery("b")]: always(1),
      [started("b")]: "900+0x20 2200+0x90",
    },
  },
  {
    alert: "HostDown",
    series: { [expected("a")]: always(1), 'sophia_host_answers{instance="a",host="backend"}': always(0) },
    at: 3,
    labels: { host: "backend" },
    summary: "backend: no answer from the host's health service",
    // Its pod is replaced meanwhile, and the new one has another address.
    well: {
      [expected("a")]: "1+0x20 stale",
      'sophia_host_answers{instance="a",host="backend"}': "1+0x8 0 0 1+0x9 stale",
      [expected("b")]: "_x23 1+0x100",
      'sophia_host_answers{instance="b",host="backend"}': "_x23 1+0x100",
    },
  },
  {
    alert: "HostDown",
    // It is off, and with it the pod that would report so; another host's names it.
    series: { [expected("b")]: always(1), 'sophia_host_answers{instance="b",host="mcp"}': always(1) },
    at: 3,
    labels: { host: "backend" },
    summary: "backend: no answer from the host's health service",
    well: {
      [expected("b")]: always(1),
      'sophia_host_answers{instance="a",host="backend"}': always(1),
    },
  },
  {
    alert: "HostUnhealthy",
    series: { 'sophia_host_check_ok{host="backend",check="disk"}': always(0) },
    at: 5,
    labels: { host: "backend", check: "disk" },
    summary: "backend: its check disk fails",
    well: { 'sophia_host_check_ok{host="backend",check="disk"}': always(1) },
  },
  {
    alert: "TargetDown",
    series: { 'up{job="redis",instance="10.0.0.1:9121"}': always(0) },
    at: 5,
    labels: { job: "redis", instance: "10.0.0.1:9121" },
    summary: "redis at 10.0.0.1:9121 does not serve its metrics",
    well: { 'up{job="redis",instance="10.0.0.1:9121"}': "1 0 0 0 1+0x100" },
  },
  {
    alert: "TargetMissing",
    series: {
      [discovered("hosts")]: "1 1 0+0x60",
      'prometheus_sd_discovered_targets{name="notify",config="config-0"}': always(0),
    },
    at: 12,
    labels: { config: "hosts", name: "scrape" },
    summary: "hosts: no pod serves these metrics",
    well: { [discovered("hosts")]: "1 0 0 0 1+0x100" },
  },
  {
    alert: "AlertsNotDelivered",
    series: { [failed]: "0 0 0 1+0x60" },
    at: 3,
    summary: "Alerts do not reach Alertmanager, or their receiver",
    well: { [failed]: always(7), prometheus_notifications_dropped_total: always(0) },
  },
  {
    alert: "AlertsNotDelivered",
    series: { [failed]: always(0), prometheus_notifications_dropped_total: "0 0 0 5+0x60" },
    at: 3,
    summary: "Alerts do not reach Alertmanager, or their receiver",
    well: { prometheus_notifications_dropped_total: always(3) },
  },
  {
    alert: "AlertRulesFail",
    series: { [rule]: "0 0 0 1+0x60" },
    at: 3,
    labels: { rule_group: "mcp.yaml;mcp" },
    summary: "mcp.yaml;mcp: Prometheus cannot evaluate a rule",
    well: { [rule]: always(1) },
  },
];

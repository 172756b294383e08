import {
  type Dashboard,
  graph,
  noneIsGood,
  type Panel,
  quantiles,
  stat,
  states,
  upOrDown,
} from "../components/monitoring/dashboards/panels.ts";

const runbook = "docs/runbooks/mcp.md";
const noCalls = "no tool was called since the servers started, or in the last quarter of an hour";

const gatewayUp = stat(
  "MCP gateway",
  "max(mcp_gateway_up)",
  "Whether the gateway tells how its servers are.",
  {
    ...upOrDown,
    runbook,
  },
);
const serversDown = stat("MCP servers down", "sum(1 - mcp_server_up)", "Servers that do not answer.", {
  levels: noneIsGood,
  runbook,
});

const health: readonly Panel[] = [
  gatewayUp,
  serversDown,
  stat("MCP servers", "sum(mcp_servers)", "All that are deployed, or reached at their vendors."),
  graph(
    "Servers by health",
    "sum by (health) (mcp_servers)",
    "`degraded` answers, slowly or after it missed a check; `unverified` responds, and may refuse the gateway's token; all but these and `healthy` does not answer.",
    {
      legend: "{{health}}",
      unit: "short",
      runbook,
    },
  ),
  states(
    "Servers",
    "max by (server) (mcp_server_up)",
    "Each server over time. A server that is `unverified` is not among them.",
    {
      legend: "{{server}}",
      ...upOrDown,
      runbook,
    },
  ),
];

const gateway: readonly Panel[] = [
  graph(
    "Requests by method",
    "sum by (mcp_method) (rate(toolhive_mcp_requests_total[$__rate_interval]))",
    "Requests of clients to the gateway a second.",
    {
      legend: "{{mcp_method}}",
      unit: "reqps",
      empty: "no client has used the gateway since it started",
    },
  ),
  graph(
    "Requests by outcome",
    "sum by (status, status_code) (rate(toolhive_mcp_requests_total[$__rate_interval]))",
    "A second. A tool that reports an error answers 200, too: the panels of the tools count those.",
    {
      legend: "{{status}} {{status_code}}",
      unit: "reqps",
      runbook,
      empty: "no client has used the gateway since it started",
    },
  ),
  graph(
    "Seconds of a tool call",
    quantiles('toolhive_mcp_request_duration_seconds_bucket{mcp_method="tools/call"}', "mcp_method"),
    "Half of the calls through the gateway, and 95 of 100, took no longer.",
    {
      unit: "s",
      runbook,
      empty: noCalls,
    },
  ),
  graph(
    "Memory of the gateway",
    'max by (instance) (process_resident_memory_bytes{job="mcp-gateway"})',
    "Of each of its pods.",
    {
      legend: "{{instance}}",
      unit: "bytes",
      runbook,
    },
  ),
];

const tools: readonly Panel[] = [
  graph(
    "Calls by server",
    "sum by (server) (rate(mcp_tool_calls_total[$__rate_interval]))",
    "Tool calls a second of our own servers, through the gateway or not.",
    {
      legend: "{{server}}",
      unit: "ops",
      empty: noCalls,
    },
  ),
  graph(
    "Share of errors",
    "sum by (server) (rate(mcp_tool_errors_total[15m])) / clamp_min(sum by (server) (rate(mcp_tool_calls_total[15m])), 1e-9)",
    "Tool calls that ended with an error, of those of the last quarter of an hour.",
    { legend: "{{server}}", unit: "percentunit", runbook, empty: noCalls },
  ),
  graph(
    "Seconds of a call",
    quantiles("mcp_tool_duration_seconds_bucket", "server"),
    "Half of the calls, and 95 of 100, took no longer.",
    {
      unit: "s",
      runbook,
      empty: noCalls,
    },
  ),
  graph(
    "Slowest tools",
    "topk(10, histogram_quantile(0.95, sum by (server, tool, le) (rate(mcp_tool_duration_seconds_bucket[15m]))))",
    "95 of 100 calls of the last quarter of an hour took no longer; above 10 s it says 10.",
    { legend: "{{server}}: {{tool}}", unit: "s", runbook, empty: noCalls },
  ),
  graph("Calls in flight", "sum by (server) (mcp_calls_in_flight)", "Calls that have not ended.", {
    legend: "{{server}}",
    unit: "short",
    runbook,
  }),
  graph(
    "Memory",
    'max by (job) (process_resident_memory_bytes{job=~"mcp-.+",job!="mcp-gateway"})',
    "Of each server's largest pod. At its limit Kubernetes ends it.",
    {
      legend: "{{job}}",
      unit: "bytes",
      runbook,
    },
  ),
];

/**
 * Of the MCP servers. Pure.
 *
 * @param reported whether their health is, which takes `gpu.autoscaling.enabled`
 */
export const mcpDashboard = (reported: { health: boolean }): Dashboard => ({
  name: "mcp",
  title: "MCP servers",
  description:
    "Health of all servers, requests at the gateway, and the tools of our own servers. Vendors' serve no metrics.",
  rows: [
    ...(reported.health ? [{ title: "Health", panels: health }] : []),
    { title: "Gateway", panels: gateway },
    { title: "Tools of our own servers", panels: tools },
  ],
});

/** What the overview shows of them. */
export const mcpSummary: readonly Panel[] = [gatewayUp, serversDown];

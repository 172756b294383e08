import { isDeepStrictEqual } from "node:util";
import { AppsV1Api, CoreV1Api } from "@kubernetes/client-node";
import { afterAll, describe, expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import type { GrafanaDashboard } from "../../../components/monitoring/dashboards/grafana.ts";
import { kubeconfig, minutes, status } from "../lab.ts";
import { call, learnAccess, withClient } from "../mcpClient.ts";
import { inPod } from "../reach.ts";
import { order, primary } from "./pipeline/access.ts";

const gateway = { namespace: "mcp", name: "mcp-gateway" };

/** Series that a query gives, in Prometheus's notation. */
export async function query(expression: string): Promise<string[]> {
  const args = ["promtool", "query", "instant", "http://localhost:9090", expression];
  const text = await inPod("monitoring", "app.kubernetes.io/name=prometheus", "prometheus", args);
  return text.split("\n").filter((line) => line !== "");
}

/** Values of one label of these series. */
const valuesOf = (label: string, series: string[]) =>
  series.map((line) => new RegExp(`\\b${label}="([^"]*)"`).exec(line)?.[1] ?? "").sort();

/** Names of the alerts that fire. */
const firing = async () => valuesOf("alertname", await query('ALERTS{alertstate="firing"}'));

/** Names of the alerts that Alertmanager would send. */
async function delivered(): Promise<string[]> {
  const args = ["amtool", "--alertmanager.url=http://localhost:9093", "alert", "query", "--output=json"];
  const text = await inPod("monitoring", "app.kubernetes.io/name=alertmanager", "alertmanager", args);
  return (JSON.parse(text) as { labels: { alertname: string } }[]).map(({ labels }) => labels.alertname);
}

/** Waits until a name is among those that are asked for, or is no longer. */
const until = (what: string, deadline: number, name: string, ask: () => Promise<string[]>, there = true) =>
  waitFor({ what, deadline, interval: 1 }, async () => {
    const found = await ask();
    return found.includes(name) === there || notYet(found.join(", ") || "there is no alert");
  });

async function scaleGateway(value: number): Promise<void> {
  await kubeconfig()
    .makeApiClient(AppsV1Api)
    .patchNamespacedDeploymentScale({
      ...gateway,
      body: [{ op: "replace", path: "/spec/replicas", value }],
    });
}

/** Jobs that Prometheus has of every stack. */
const scraped = [
  ...["alertmanager", "gpu", "hosts", "mcp-gateway", "mcp-health", "mcp-sophia-infrastructure"],
  ...["pipeline-quality", "postgres", "postgres-pooler", "prometheus"],
];

/** Panels that nothing is in while all is well. */
const oftenEmpty = ["Alerts that fire", "Changed fields", "Checks that fail", "Rejected records"];

/** Queries of the dashboards that a Grafana in the cluster would find, with their panels. */
async function panelQueries(): Promise<{ panel: string; expr: string }[]> {
  const core = kubeconfig().makeApiClient(CoreV1Api);
  const labelSelector = "grafana_dashboard=1";
  const { items } = await core.listNamespacedConfigMap({ namespace: "monitoring", labelSelector });
  return items
    .flatMap(({ data = {} }) => Object.values(data))
    .flatMap((text) => (JSON.parse(text) as GrafanaDashboard).panels)
    .flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ panel: title, expr: expr.replaceAll("$__rate_interval", "1m") })),
    );
}

/** In a lab whose settings enable monitoring. */
export function monitoring() {
  test("O1 Prometheus scrapes every part of the platform, and finds it well", async () => {
    const hosts = (await status()).report.hosts.map(({ name }) => name).sort();
    const wanted = {
      down: [],
      missing: [],
      // Each host is asked by an exporter of its own: at Lambda no other reaches it.
      exporters: hosts.length,
      healthy: hosts,
      servesMcp: true,
      databases: 1,
    };
    // A target may be up some scrapes before what it measures is well.
    await waitFor({ what: "every part to be up and well", deadline: 300, interval: 1 }, async () => {
      const jobs = valuesOf("job", await query("up == 1"));
      const seen = {
        down: await query("up == 0"),
        missing: scraped.filter((job) => !jobs.includes(job)),
        exporters: jobs.filter((job) => job === "hosts").length,
        healthy: valuesOf("host", await query("sophia_host_healthy == 1")),
        servesMcp: (await query("mcp_server_up == 1")).length > 3,
        databases: (await query("cnpg_collector_up == 1")).length,
      };
      return isDeepStrictEqual(seen, wanted) || notYet(JSON.stringify(seen));
    });
    expect(await firing()).not.toContain("HostDown");
  });

  test("O2 every panel of the dashboards has data, by the queries that Grafana would send", async () => {
    let left = (await panelQueries()).filter(({ panel }) => !oftenEmpty.includes(panel));
    expect(left.length).toBeGreaterThan(80);
    // A share or a quantile is a number only after calls between two scrapes.
    await learnAccess();
    await waitFor({ what: "numbers in every panel", deadline: 600, interval: 3 }, async () => {
      await withClient("2026-07-28", "/mcp", (client) => call(client, "sophia_infrastructure_list_nodes"));
      const without: typeof left = [];
      for (const one of left)
        if (!(await query(one.expr)).some((series) => / => (?!NaN)/.test(series))) without.push(one);
      left = without;
      return left.length === 0 || notYet(left.map(({ panel, expr }) => `${panel}: ${expr}`).join("\n"));
    });
  });

  test("P5 O2 PostgreSQL's pod killed: the outage, however short, is an alert", {
    // The alert of a first attempt stays for a quarter of an hour.
    retry: 0,
    timeout: 15 * minutes,
  }, async () => {
    expect(await firing()).not.toContain("PostgresRestarted");
    const core = kubeconfig().makeApiClient(CoreV1Api);
    const { items } = await core.listNamespacedPod({ namespace: "data", labelSelector: primary });
    await core.deleteNamespacedPod({
      namespace: "data",
      name: items[0]?.metadata?.name ?? "",
      gracePeriodSeconds: 1,
    });
    await until("PostgresRestarted to fire", 300, "PostgresRestarted", firing);
    await until("PostgresRestarted to reach Alertmanager", 180, "PostgresRestarted", delivered);
  });

  describe("Gong refuses its key", () => {
    const setFaults = (faults: object[]) => order("gong", "faults", faults);
    const failedStreams = async () =>
      valuesOf("stream", await query('ALERTS{alertname="PipelineStreamFailed", alertstate="firing"}'));
    afterAll(() => setFaults([]));
    test(
      "P5 O2 an alert names the stream, reaches Alertmanager, and ends by itself when the key is good again",
      async () => {
        // That of an attempt that failed ends with the key's fault.
        await setFaults([]);
        await until("no PipelineStreamFailed of gong_calls", 300, "gong_calls", failedStreams, false);
        await setFaults([{ kind: "status", status: 401, times: -1 }]);
        // A minute until the next run, and one for which it must hold.
        await until("PipelineStreamFailed of gong_calls", 400, "gong_calls", failedStreams);
        await until("PipelineStreamFailed to reach Alertmanager", 180, "PipelineStreamFailed", delivered);
        await setFaults([]);
        await until("PipelineStreamFailed of gong_calls to end", 400, "gong_calls", failedStreams, false);
      },
      25 * minutes,
    );
  });

  describe("the MCP gateway is gone", () => {
    afterAll(() => scaleGateway(2));
    test(
      "P5 O2 an alert fires after its minute, reaches Alertmanager, and ends when the gateway is back",
      async () => {
        await scaleGateway(2);
        await until("no McpGatewayDown", 300, "McpGatewayDown", firing, false);
        await scaleGateway(0);
        await until("McpGatewayDown to fire", 300, "McpGatewayDown", firing);
        await until("McpGatewayDown to reach Alertmanager", 180, "McpGatewayDown", delivered);
        await scaleGateway(2);
        await until("McpGatewayDown to end", 300, "McpGatewayDown", firing, false);
      },
      20 * minutes,
    );
  });
}

import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { together } from "../../../components/monitoring/monitored.ts";
import { Monitoring } from "../../../components/monitoring/monitoring.ts";
import { platformMonitored } from "../../../components/monitoring/platform.ts";
import { type NamespaceName, namespaceNames } from "../../../components/network/names.ts";
import { gpuSettings } from "../../../components/settings/sections/gpu.ts";
import { mcpSettings } from "../../../components/settings/sections/mcp.ts";
import { monitoringSettings } from "../../../components/settings/sections/monitoring.ts";
import { postgresSettings } from "../../../components/settings/sections/services.ts";
import { pipelineMonitored } from "../../../data/monitored.ts";
import { patience } from "../../../images/monitoring/metrics.ts";
import { mcpMonitored } from "../../../mcp/monitored.ts";
import { faultsOf } from "../../charts/rules.ts";
import { find, mockEngine, registered, resolved, unmarked } from "./registered.ts";

await mockEngine();

const namespaces = Object.fromEntries(namespaceNames.map((name) => [name, pulumi.output(name)])) as Record<
  NamespaceName,
  pulumi.Output<string>
>;
const settings = {
  monitoring: monitoringSettings.parse({ intervalSeconds: 15 }),
  postgres: postgresSettings.parse({}),
  gpu: gpuSettings.parse({}),
  storageClass: "fast",
};
const quality = { maxLagMinutes: 15, threshold: 95 };
const args = {
  settings,
  namespaces,
  parts: [pipelineMonitored({ enabled: true, quality })],
  hosts: [{ name: "mcp", node: "mcp-node", address: pulumi.output("192.0.2.7"), hourlyUsd: 1.29 }],
  hostExporterImage: "registry.test/monitoring:1",
};
const jobs = ({ targets }: { targets: { job: string }[] }) => targets.map(({ job }) => job);

describe("Monitoring", () => {
  test("O1 O2 gives the chart what every part wants to be watched by, and the hosts", async () => {
    const monitoring = new Monitoring("m", args);
    expect(await resolved(monitoring.digest)).toMatch(/^[0-9a-f]{16}$/);
    const { values, namespace } = find("kubernetes:helm.sh/v3:Release", "m-service-release");
    expect(namespace).toBe("monitoring");
    const given = values as { targets: { job: string }[]; rules: object };
    expect(jobs(given)).toEqual(["hosts", "postgres", "postgres-pooler", "gpu", "pipeline-quality"]);
    expect(Object.keys(given.rules).sort()).toEqual(["pipeline", "platform"]);
    expect(values).toMatchObject({
      interval: 15,
      storage: { class: "fast" },
      hosts: ["192.0.2.7"],
      alertmanager: { slackSecret: "" },
    });
  });

  test("O1 S4 every host has an exporter of its health, which knows the hosts, and is restricted", async () => {
    await resolved(new Monitoring("h", args).digest);
    const { data } = find("kubernetes:core/v1:ConfigMap", "h-hosts");
    expect(data).toEqual({
      "hosts.json": JSON.stringify([
        { name: "mcp", node: "mcp-node", address: "192.0.2.7", hourlyUsd: 1.29 },
      ]),
    });
    const { spec } = find("kubernetes:apps/v1:DaemonSet", "h-host-exporter");
    const { template } = spec as { template: { spec: object } };
    expect(template.spec).not.toHaveProperty("nodeSelector");
    const pod = { apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "h" }, spec: { template } };
    expect(faultsOf(pod).filter((fault) => !fault.includes("no pull of an image"))).toEqual([]);
    expect(template.spec).toMatchObject({
      tolerations: [{ operator: "Exists" }],
      containers: [
        {
          image: "registry.test/monitoring:1",
          env: [
            { name: "PORT", value: "8080" },
            { name: "SOPHIA_HOSTS_FILE", value: "/etc/sophia/hosts.json" },
            { name: "SOPHIA_NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
          ],
        },
      ],
    });
  });

  test("O2 every dashboard is a ConfigMap that the sidecar of Grafana's chart finds, unless they are turned off", async () => {
    const maps = () => registered.filter(({ name }) => name.includes("-dashboard-"));
    await resolved(new Monitoring("d", args).digest);
    expect(maps().map(({ name }) => name)).toEqual(
      ["overview", "hosts", "postgres", "pipeline"].map((name) => `d-dashboard-sophia-${name}`),
    );
    for (const { inputs } of maps()) {
      const { metadata, data } = inputs as {
        metadata: Record<string, unknown>;
        data: Record<string, string>;
      };
      expect(metadata).toMatchObject({ namespace: "monitoring", labels: { grafana_dashboard: "1" } });
      const [file = "", text = ""] = Object.entries(data)[0] ?? [];
      expect([`dashboard-${file}`, file]).toEqual([`${metadata.name}.json`, `${JSON.parse(text).uid}.json`]);
    }
    registered.length = 0;
    const off = { ...settings, monitoring: monitoringSettings.parse({ dashboards: false }) };
    await resolved(new Monitoring("o", { ...args, settings: off }).digest);
    expect(maps()).toEqual([]);
  });

  test("S1 P5 a receiver's URL is in a Secret alone", async () => {
    const slackUrl = pulumi.secret("https://hooks.test/secret");
    await resolved(new Monitoring("s", { ...args, slackUrl }).digest);
    const { stringData } = find("kubernetes:core/v1:Secret", "s-slack");
    expect(unmarked(stringData)).toMatchObject({ value: { url: "https://hooks.test/secret" } });
    const { values } = find("kubernetes:helm.sh/v3:Release", "s-service-release");
    expect(values).toMatchObject({ alertmanager: { slackSecret: "alertmanager-slack" } });
    expect(JSON.stringify(values)).not.toContain("hooks.test");
  });
});

describe("what is watched", () => {
  test("O1 follows the settings: what does not run is not scraped, and raises no alert", () => {
    const without = platformMonitored({
      postgres: postgresSettings.parse({ poolerInstances: 0 }),
      gpu: gpuSettings.parse({ autoscaling: { enabled: false } }),
    });
    expect(jobs(without)).toEqual(["hosts", "postgres"]);
    expect(pipelineMonitored({ enabled: false, quality })).toEqual({ targets: [], rules: {} });
  });

  test("O1 of the MCP servers the gateway, our own, and the health of all", () => {
    const some = mcpSettings.parse({ enabled: ["redis", "memory", "sophia_infrastructure"] });
    const given = new Set(["lambdaApiKey"]);
    const all = mcpMonitored(some, given, { enabled: true });
    expect(jobs(all)).toEqual(["mcp-gateway", "mcp-sophia-infrastructure", "mcp-redis", "mcp-health"]);
    expect(Object.keys(all.rules)).toEqual(["mcp"]);
    // Without the process that reports the health, its absence would be an alert.
    const blind = mcpMonitored(some, given, { enabled: false });
    expect(jobs(blind)).toEqual(["mcp-gateway", "mcp-sophia-infrastructure", "mcp-redis"]);
    expect(blind.rules).toEqual({});
  });

  test("two parts with the same job, file or dashboard are refused", () => {
    const part = pipelineMonitored({ enabled: true, quality });
    expect(() => together([part, part])).toThrow(/two parts have a job called pipeline-quality/);
    expect(() => together([part, { ...part, targets: [] }])).toThrow(/a rule file called pipeline/);
    expect(() => together([part, { ...part, targets: [], rules: {} }])).toThrow(
      /a dashboard called pipeline/,
    );
  });
});

test("O1 an exporter gives up on what hangs before Prometheus gives up on the exporter, at the shortest interval too", () => {
  const accepted = Array.from({ length: 60 }, (_, index) => index + 1).filter(
    (intervalSeconds) => monitoringSettings.safeParse({ intervalSeconds }).success,
  );
  // The chart's time limit of a scrape is the interval, up to 10 s.
  expect(patience).toBeLessThan(accepted[0] ?? 0);
});

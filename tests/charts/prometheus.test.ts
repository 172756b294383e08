import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { prometheusValues } from "../../components/monitoring/monitoring.ts";
import { platformMonitored } from "../../components/monitoring/platform.ts";
import { namespaceNames } from "../../components/network/names.ts";
import { gpuSettings } from "../../components/settings/sections/gpu.ts";
import { monitoringSettings } from "../../components/settings/sections/monitoring.ts";
import { postgresSettings } from "../../components/settings/sections/services.ts";
import { type KubernetesObject, only, render } from "./render.ts";
import { faultsOf } from "./rules.ts";

const namespaces = Object.fromEntries(namespaceNames.map((name) => [name, name])) as Record<
  (typeof namespaceNames)[number],
  string
>;
const monitored = platformMonitored({ postgres: postgresSettings.parse({}), gpu: gpuSettings.parse({}) });
const further = {
  monitored,
  namespaces,
  hosts: [{ name: "backend", node: "backend", address: "192.0.2.7" }],
  storageClass: "local-path",
};
const values = prometheusValues(monitoringSettings.parse({}), further);
const withSlack = prometheusValues(monitoringSettings.parse({}), { ...further, slackSecret: "slack" });
const rendered = (given: object) => render("prometheus", "monitoring", given);

const configOf = (objects: KubernetesObject[], map: string, file: string) =>
  parse(only(objects, "ConfigMap", map).data?.[file] ?? "") as Record<string, unknown>;
const policy = (objects: KubernetesObject[], name: string) => only(objects, "NetworkPolicy", name).spec;

describe("charts/prometheus", () => {
  const objects = rendered(values);

  test("S4 passes the rules, with and without a receiver", () => {
    expect(objects.flatMap(faultsOf)).toEqual([]);
    expect(rendered(withSlack).flatMap(faultsOf)).toEqual([]);
  });

  test("O1 every target is found by the DNS name of a Service that lists its pods, ready or not", () => {
    const { scrape_configs: jobs } = configOf(objects, "prometheus", "prometheus.yml") as {
      scrape_configs: { job_name: string; dns_sd_configs?: { names: string[]; port: number }[] }[];
    };
    expect(jobs.map(({ job_name }) => job_name)).toEqual([
      "prometheus",
      "alertmanager",
      "hosts",
      "postgres",
      "postgres-pooler",
      "gpu",
    ]);
    for (const { job, namespace, pods, port } of monitored.targets) {
      const service = only(objects, "Service", `prometheus-${job}`);
      expect(service).toMatchObject({
        metadata: { namespace },
        spec: { clusterIP: "None", publishNotReadyAddresses: true, selector: pods },
      });
      const [found] = jobs.find(({ job_name }) => job_name === job)?.dns_sd_configs ?? [];
      expect(found).toMatchObject({
        names: [`${service.metadata.name}.${namespace}.svc.cluster.local.`],
        port,
      });
    }
  });

  test("S4 Prometheus reaches its targets alone, and they let it in at that port alone", () => {
    const { egress, policyTypes } = policy(objects, "prometheus") as {
      egress: { to: object[]; ports: { port: number }[] }[];
      policyTypes: string[];
    };
    expect(policyTypes).toEqual(["Egress"]);
    expect(egress.map(({ ports }) => ports.map(({ port }) => port))).toEqual([
      [9093],
      [8080],
      [9187],
      [9127],
      [9400],
    ]);
    for (const { to } of egress) expect(JSON.stringify(to)).toContain("podSelector");
    expect(policy(objects, "prometheus-postgres")).toMatchObject({
      podSelector: { matchLabels: { "cnpg.io/podRole": "instance" } },
      ingress: [
        {
          from: [
            {
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } },
              podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } },
            },
          ],
          ports: [{ port: 9187, protocol: "TCP" }],
        },
      ],
    });
    expect(policy(objects, "host-exporter")).toMatchObject({
      policyTypes: ["Egress"],
      egress: [{ to: [{ ipBlock: { cidr: "192.0.2.7/32" } }], ports: [{ port: 8080 }] }],
    });
  });

  test("S4 no pod can use Kubernetes's API: none has an account's token, and there is no role", () => {
    const kinds = new Set(objects.map(({ kind }) => kind));
    for (const kind of ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ServiceAccount"])
      expect(kinds).not.toContain(kind);
  });

  test("P5 without a receiver alerts stay at Alertmanager, which reaches nobody", () => {
    expect(configOf(objects, "alertmanager", "alertmanager.yml")).toMatchObject({
      route: { receiver: "none" },
      receivers: [{ name: "none" }],
    });
    expect(policy(objects, "alertmanager")).toMatchObject({ egress: [] });
  });

  test("P5 S1 with one they go to Slack, whose URL is in a Secret's file and in no object here", () => {
    const all = rendered(withSlack);
    const { route, receivers } = configOf(all, "alertmanager", "alertmanager.yml") as {
      route: object;
      receivers: { slack_configs?: { api_url_file: string; title: string; text: string }[] }[];
    };
    expect(route).toMatchObject({ receiver: "slack" });
    const [slack] = receivers.at(-1)?.slack_configs ?? [];
    expect(slack?.api_url_file).toBe("/etc/alertmanager/slack/url");
    expect(slack?.title).toBe(
      "{{ .Status | toUpper }}: {{ .CommonLabels.alertname }} ({{ .CommonLabels.severity }})",
    );
    expect(slack?.text).toContain("{{ .Annotations.runbook_url }}");
    const text = JSON.stringify(policy(all, "alertmanager"));
    expect(text).toContain('"ports":[{"port":443,"protocol":"TCP"}]');
    expect(text).toContain("10.0.0.0/8");
  });

  test("O2 rules arrive as they were written, and a change of them restarts Prometheus", () => {
    expect(only(objects, "ConfigMap", "prometheus").data?.["rules-platform.yaml"]).toBe(
      monitored.rules.platform,
    );
    const annotations = (changed: object) => {
      const set = only(rendered({ ...values, ...changed }), "StatefulSet", "prometheus");
      return JSON.stringify((set.spec as { template: { metadata: object } }).template.metadata);
    };
    expect(annotations({ rules: { platform: "groups: []" } })).not.toBe(annotations({}));
    expect(annotations({ chartHash: "another" })).toBe(annotations({}));
  });

  test("samples take four fifths of the volume at most", () => {
    expect(values.retention).toEqual({ time: "15d", size: "8192MB" });
  });
});

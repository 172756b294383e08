import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { prometheusValues } from "../../../components/monitoring/monitoring.ts";
import { type NamespaceName, namespaceNames } from "../../../components/network/names.ts";
import { monitoringSettings } from "../../../components/settings/sections/monitoring.ts";
import { type Metering, serveMetrics } from "../../../data/kit/metrics.ts";
import { pipelineMonitored } from "../../../data/monitored.ts";
import { freePort } from "../../support/servers/ports.ts";
import { programOf, type Started } from "../../support/servers/program.ts";
import { type KubernetesObject, only, render } from "../render.ts";
import { containersOf, podOf } from "../rules.ts";

const objects = render(
  "prometheus",
  "monitoring",
  prometheusValues(monitoringSettings.parse({ intervalSeconds: 5 }), {
    monitored: pipelineMonitored({ enabled: true, quality: { maxLagMinutes: 15, threshold: 95 } }),
    namespaces: Object.fromEntries(namespaceNames.map((name) => [name, name])) as Record<
      NamespaceName,
      string
    >,
    hosts: [],
    storageClass: "",
    slackSecret: "slack",
  }),
);

const programs = {
  prometheus: programOf("prometheus", "prometheus", ["--version"]),
  alertmanager: programOf("alertmanager", "alertmanager", ["--version"]),
};
type Name = keyof typeof programs;

/** The arguments of a part's container, with folders of this machine in place of the pod's. */
function argumentsOf(name: Name, local: (text: string) => string): string[] {
  const pod = podOf(only(objects, "StatefulSet", name)) ?? {};
  const [container] = containersOf(pod) as { args?: string[] }[];
  return (container?.args ?? []).map(local);
}

const filesOf = (name: Name): [string, string][] =>
  Object.entries((only(objects, "ConfigMap", name) as KubernetesObject).data ?? {});

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function end(started: Started | undefined) {
  if (!started || started.process.exitCode !== null) return;
  const ended = once(started.process, "exit");
  started.signal("SIGKILL");
  await ended;
}

describe("Prometheus and Alertmanager with the rendered configuration", () => {
  const folder = mkdtempSync(join(tmpdir(), "prometheus-"));
  const messages: string[] = [];
  const slack = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    request.on("end", () => {
      messages.push(`${request.url} ${text}`);
      response.end("ok");
    });
  });
  const ports: Record<Name, number> = { prometheus: 0, alertmanager: 0 };
  const started: Started[] = [];
  let metering: Metering;
  let rejected = 0;

  /** What the pods' names, folders and waiting times are on this machine. */
  const local = (text: string) =>
    text
      .replace(
        /dns_sd_configs:[\s\S]*?refresh_interval: 5s/,
        `static_configs: [{ targets: ["127.0.0.1:${metering.port}"] }]`,
      )
      .replaceAll("alertmanager.monitoring.svc.cluster.local.:9093", `127.0.0.1:${ports.alertmanager}`)
      .replaceAll("localhost:9090", `127.0.0.1:${ports.prometheus}`)
      .replaceAll(/\/etc\/(prometheus|alertmanager)/g, `${folder}/etc/$1`)
      .replaceAll("path=/prometheus", `path=${folder}/prometheus`)
      .replaceAll("path=/alertmanager", `path=${folder}/alertmanager`)
      .replace("group_wait: 30s", "group_wait: 1s")
      .replace("group_interval: 5m", "group_interval: 1s");

  const place = (path: string, text: string) => {
    const file = join(folder, "etc", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, local(text));
  };

  beforeAll(async () => {
    metering = await serveMetrics(0, () => [
      {
        name: "sophia_stream_rejected_records",
        help: "",
        type: "gauge",
        samples: [{ labels: { stream: "gong_calls" }, value: rejected }],
      },
      {
        name: "sophia_quality_last_run_timestamp_seconds",
        help: "",
        type: "gauge",
        samples: [{ value: Math.floor(Date.now() / 1000) }],
      },
    ]);
    for (const name of ["prometheus", "alertmanager"] as const) ports[name] = await freePort();
    for (const [name, text] of filesOf("prometheus")) place(`prometheus/${name}`, text);
    for (const [name, text] of filesOf("alertmanager")) place(`alertmanager/config/${name}`, text);
    place("alertmanager/slack/url", `http://127.0.0.1:${await listening(slack)}/webhook`);
    for (const name of ["alertmanager", "prometheus"] as const) {
      const listen = `--web.listen-address=127.0.0.1:${ports[name]}`;
      const options = { folder, stdio: "ignore" } as const;
      started.push(programs[name].start(name, [...argumentsOf(name, local), listen], options));
    }
    for (const name of ["alertmanager", "prometheus"] as const) {
      await waitFor({ what: name, deadline: 240, interval: 0.2 }, async () => {
        const { status } = await fetch(`http://127.0.0.1:${ports[name]}/-/ready`);
        return status === 200 || notYet(`it answers ${status}`);
      });
    }
  });
  afterAll(async () => {
    for (const one of started) await end(one);
    slack.close();
    await metering?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const alerts = async (): Promise<{ labels: { alertname: string }; state: string }[]> => {
    const response = await fetch(`http://127.0.0.1:${ports.prometheus}/api/v1/alerts`);
    const { data } = (await response.json()) as { data: { alerts: [] } };
    return data.alerts;
  };
  const message = (what: string, deadline: number, ...parts: string[]) =>
    waitFor({ what, deadline, interval: 0.2 }, async () => {
      const found = messages.find((text) => parts.every((part) => text.includes(part)));
      return found ?? notYet(messages.join("\n") || `none came; alerts: ${JSON.stringify(await alerts())}`);
    });

  const scraped = (query: string, part: string) =>
    waitFor({ what: `a scrape of ${query}`, deadline: 240, interval: 0.5 }, async () => {
      const at = `http://127.0.0.1:${ports.prometheus}/api/v1/query?query=${encodeURIComponent(query)}`;
      return (await (await fetch(at)).text()).includes(part) || notYet("nothing was scraped");
    });

  test("O2 promtool and amtool find nothing wrong with the files", () => {
    const checked = programs.prometheus.run(
      "promtool",
      ["check", "config", join(folder, "etc/prometheus/prometheus.yml")],
      { folder },
    );
    expect(checked).toContain("SUCCESS");
    expect(checked).toMatch(/\d+ rules found/);
    const amtool = ["check-config", join(folder, "etc/alertmanager/config/alertmanager.yml")];
    expect(programs.alertmanager.run("amtool", amtool, { folder })).toContain("SUCCESS");
  });

  test("O1 Prometheus counts what it finds of each job, as `TargetMissing` asks for it", async () => {
    await scraped('prometheus_sd_discovered_targets{name="scrape",config="prometheus"} == 1', "prometheus");
  });

  test("P5 O1 O2 a fault that is measured becomes an alert, a message to Slack, and another when it ends", {
    // What a first attempt measured and was sent stays with the servers.
    retry: 0,
  }, async () => {
    await scraped("sophia_stream_rejected_records", "gong_calls");
    expect((await alerts()).filter(({ state }) => state === "firing")).toEqual([]);
    rejected = 3;
    const raised = await message("a message that it fires", 240, "FIRING", "PipelineRecordsRejected");
    expect(raised).toMatch(/^\/webhook /);
    expect(raised).toContain("FIRING: PipelineRecordsRejected (warning)");
    expect(raised).toContain("gong_calls: 3 records were rejected in the last day");
    expect(raised).toContain("docs/runbooks/pipeline/records-rejected.md");
    rejected = 0;
    await message("a message that it ended", 240, "RESOLVED", "PipelineRecordsRejected");
    expect(await alerts()).toEqual([]);
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { backupQueries } from "../../../../components/backup/monitored.ts";
import { counters } from "../../../../components/services/gpuMetrics/exporter.ts";
import { backupSettings } from "../../../../components/settings/sections/backup.ts";
import { metricsText } from "../../../../data/kit/metrics.ts";
import { metricsOf as qualityMetrics } from "../../../../data/quality/metrics.ts";
import { metricsOf as hostMetrics } from "../../../../images/monitoring/exporter/hosts.ts";
import { metricsOf as healthMetrics } from "../../../../images/monitoring/mcp/health.ts";
import { Metrics } from "../../../../mcp/servers/kit/serving/metrics.ts";
import { repository } from "../../../../tools/repository.ts";
import { measured } from "../../../support/pipeline/measured.ts";

/** Labels that Prometheus adds to every sample. */
const added = ["job", "instance"];
const gpuLabels = ["gpu", "UUID", "device", "modelName", "Hostname", "container", "namespace", "pod"];

/** Metrics in Prometheus's text format, with their labels. Pure. */
function inText(text: string): [string, string[]][] {
  const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return samples.map((line) => {
    const [, name = "", labels = ""] = /^(\w+)(?:\{(.*)\})?/.exec(line) ?? [];
    return [name, [...labels.matchAll(/(\w+)="/g)].map(([, label = ""]) => label)];
  });
}

async function ofServers(): Promise<string> {
  const metrics = new Metrics("redis");
  await metrics.measure("get", async () => true, Boolean);
  return metrics.text();
}

/** What CloudNativePG makes of our own queries. Pure. */
const ofBackups = (): [string, string[]][] => {
  const backup = backupSettings.parse({ repository: "s3:https://s3.test/bucket/dev" });
  const queries = backupQueries(backup) as Record<string, { metrics: Record<string, object>[] }>;
  return Object.entries(queries).flatMap(([query, { metrics }]) =>
    metrics.flatMap((metric) =>
      Object.keys(metric).map((name): [string, string[]] => [`cnpg_${query}_${name}`, []]),
    ),
  );
};

/** What Prometheus has of a stack: metrics of our programs by their code, and those of others as a lab's served them. */
export async function served(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const seen = { host: "h", seconds: 1, report: { healthy: true, checks: { disk: true } } };
  const view = { servers: [{ server: "redis", health: "healthy" }] };
  const all = [
    ...inText(readFileSync(join(repository, "tests/fixtures/metrics.txt"), "utf8")),
    ...inText(metricsText(qualityMetrics(measured, 0, 900))),
    ...inText(hostMetrics([seen], [{ name: "h", hourlyUsd: 1 }])),
    ...inText(healthMetrics(view)),
    ...inText(await ofServers()),
    ...counters.split("\n").map((line): [string, string[]] => [line.split(",")[0] ?? "", gpuLabels]),
    ...ofBackups(),
  ];
  return new Map(all.map(([name, labels]) => [name, new Set([...labels, ...added])]));
}

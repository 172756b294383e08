import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dcgmExporter, hostExporter, postgresCluster, postgresPooler } from "../network/names.ts";
import { exporterPort } from "../services/gpuMetrics/exporter.ts";
import type { Settings } from "../settings/schema.ts";
import { gpuSummary, hostsDashboard } from "./dashboards/hosts.ts";
import { postgresDashboard } from "./dashboards/postgres.ts";
import { hostExporterPort } from "./hostExporter.ts";
import type { Monitored, Target } from "./monitored.ts";

/** Where CloudNativePG's instances and poolers serve metrics. */
const ports = { postgres: 9187, pooler: 9127 } as const;

/** The hosts, the data stores and GPUs, with dashboards, and the alerts on them and on monitoring itself. Redis and Nginx export no metrics. */
export function platformMonitored({ postgres, gpu }: Pick<Settings, "postgres" | "gpu">): Monitored {
  const targets: Target[] = [
    { job: "hosts", namespace: "monitoring", pods: hostExporter, port: hostExporterPort },
    {
      job: "postgres",
      namespace: "data",
      pods: { "cnpg.io/cluster": postgresCluster, "cnpg.io/podRole": "instance" },
      port: ports.postgres,
    },
  ];
  if (postgres.poolerInstances > 0) {
    const pods = { "cnpg.io/poolerName": postgresPooler };
    targets.push({ job: "postgres-pooler", namespace: "data", pods, port: ports.pooler });
  }
  if (gpu.autoscaling.enabled)
    targets.push({ job: "gpu", namespace: "gpu", pods: dcgmExporter, port: exporterPort });
  const gpus = gpu.autoscaling.enabled;
  return {
    targets,
    rules: { platform: readFileSync(join(import.meta.dirname, "alerts.yaml"), "utf8") },
    dashboards: [hostsDashboard({ gpus }), postgresDashboard({ pooler: postgres.poolerInstances > 0 })],
    summary: gpus ? gpuSummary : [],
  };
}

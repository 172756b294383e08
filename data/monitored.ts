import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Monitored } from "../components/monitoring/monitored.ts";
import type { Settings } from "../components/settings/schema.ts";
import { jobLabels } from "./component/pod.ts";
import { pipelineDashboard } from "./quality/component/dashboard/pipeline.ts";
import { type PipelineLimits, pipelineSummary } from "./quality/component/dashboard/streams.ts";
import { port } from "./quality/component/quality.ts";

/** The quality checks, which report every stream, with the alerts on them and a dashboard; nothing where the pipeline is off. */
export function pipelineMonitored({
  enabled,
  quality,
}: Pick<Settings["pipeline"], "enabled"> & Pick<PipelineLimits, "quality">): Monitored {
  if (!enabled) return { targets: [], rules: {} };
  const rules = readFileSync(join(import.meta.dirname, "quality/alerts/pipeline.yaml"), "utf8");
  return {
    targets: [{ job: "pipeline-quality", namespace: "data", pods: jobLabels("quality"), port }],
    rules: { pipeline: rules },
    dashboards: [pipelineDashboard({ quality, rules })],
    summary: pipelineSummary({ quality, rules }),
  };
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Monitored } from "../components/monitoring/monitored.ts";
import { jobLabels } from "./component/pod.ts";
import { port } from "./quality/component/quality.ts";

/** The quality checks, which report every stream, with the alerts on them; nothing where the pipeline is off. */
export function pipelineMonitored({ enabled }: { enabled: boolean }): Monitored {
  if (!enabled) return { targets: [], rules: {} };
  return {
    targets: [{ job: "pipeline-quality", namespace: "data", pods: jobLabels("quality"), port }],
    rules: { pipeline: readFileSync(join(import.meta.dirname, "quality/alerts/pipeline.yaml"), "utf8") },
  };
}

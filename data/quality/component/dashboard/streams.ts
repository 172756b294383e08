import { graph, noneIsGood, type Panel, stat } from "../../../../components/monitoring/dashboards/panels.ts";

/** With what a panel of the pipeline compares. */
export interface PipelineLimits {
  /** Section `pipeline.quality`. */
  quality: { maxLagMinutes: number; threshold: number };
  /** The file of alerts on the pipeline. */
  rules: string;
}

const runbooks = "docs/runbooks/pipeline";

/** How fresh and how good the streams are. Pure. */
export const streamPanels = ({ quality }: PipelineLimits) => {
  const seconds = quality.maxLagMinutes * 60;
  return {
    late: stat(
      "Largest lag",
      "max(sophia_stream_lag_seconds)",
      "Of all streams: how far the last row that came is behind its source.",
      {
        unit: "s",
        levels: ["green", [seconds, "red"]],
        runbook: `${runbooks}/stream-late.md`,
      },
    ),
    worst: stat(
      "Lowest quality",
      "min(sophia_stream_quality_percent)",
      "Of all streams: rows that meet the check which the fewest meet.",
      {
        unit: "percent",
        levels: ["red", [quality.threshold, "green"]],
        runbook: `${runbooks}/stream-degraded.md`,
      },
    ),
    failed: stat(
      "Streams not well",
      'sum(sophia_stream_state{state!="ok"})',
      "Streams that are degraded, failed, or unknown because their table does not exist.",
      {
        levels: noneIsGood,
        runbook: `${runbooks}/stream-failed.md`,
      },
    ),
    lag: graph(
      "Lag",
      "max by (stream) (sophia_stream_lag_seconds)",
      "How far each stream is behind its source. From the line on it counts as late.",
      {
        legend: "{{stream}}",
        unit: "s",
        levels: ["transparent", [seconds, "red"]],
        runbook: `${runbooks}/stream-late.md`,
      },
    ),
    quality: graph(
      "Quality",
      "min by (stream) (sophia_stream_quality_percent)",
      "Rows of each stream that meet the check which the fewest meet. Below the line the stream is degraded.",
      {
        legend: "{{stream}}",
        unit: "percent",
        levels: ["red", [quality.threshold, "transparent"]],
        runbook: `${runbooks}/stream-degraded.md`,
      },
    ),
  } satisfies Record<string, Panel>;
};

/** What the overview shows of it. Pure. */
export function pipelineSummary(limits: PipelineLimits): readonly Panel[] {
  const { late, worst, failed } = streamPanels(limits);
  return [failed, late, worst];
}

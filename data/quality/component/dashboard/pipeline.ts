import {
  type Dashboard,
  graph,
  limitOf,
  noneIsGood,
  type Panel,
  someIsGood,
  stat,
  table,
  upOrDown,
} from "../../../../components/monitoring/dashboards/panels.ts";
import { type PipelineLimits, streamPanels } from "./streams.ts";

const runbooks = "docs/runbooks/pipeline";
const withWarehouse = "the stack has no warehouse, or none was compared yet";
const withSource = "the checks do not ask HubSpot, or have not yet";
const withEstuary = "nothing is published at Estuary";
const withSlots = "no slot was made, which the captures of Estuary do";

const stopped = ({ rules }: PipelineLimits) =>
  stat(
    "Last run of the checks",
    "time() - max(sophia_quality_last_run_timestamp_seconds)",
    "How long ago it was. All panels here are as old.",
    {
      unit: "s",
      levels: ["green", [limitOf(rules, "PipelineChecksStopped"), "red"]],
      runbook: `${runbooks}/checks-stopped.md`,
    },
  );

const rows: readonly Panel[] = [
  graph("Rows in staging", "max by (stream) (sophia_stream_rows)", "In PostgreSQL, by stream.", {
    legend: "{{stream}}",
    unit: "short",
  }),
  graph(
    "Rows in the warehouse",
    "max by (stream) (sophia_stream_warehouse_rows)",
    "In Snowflake, by stream, at the last comparison.",
    {
      legend: "{{stream}}",
      unit: "short",
      empty: withWarehouse,
    },
  ),
  graph(
    "Missing in the warehouse",
    "max by (stream) (sophia_stream_rows) - max by (stream) (sophia_stream_warehouse_rows)",
    "Rows in staging that the last comparison did not find. New rows are on their way for some minutes.",
    { legend: "{{stream}}", unit: "short", runbook: `${runbooks}/counts-differ.md`, empty: withWarehouse },
  ),
  table("Checks that fail", "sophia_quality_check_passed == 0", "By stream and check.", {
    runbook: `${runbooks}/stream-degraded.md`,
    empty: "every check passes",
  }),
];

const ends: readonly Panel[] = [
  stat(
    "Refused by HubSpot",
    "sum(sophia_source_refuses > bool 0)",
    "Streams that HubSpot does not answer for. Estuary's connector asks on, and its task stays OK.",
    { levels: noneIsGood, runbook: `${runbooks}/source.md`, empty: withSource },
  ),
  graph(
    "Ahead at HubSpot",
    "max by (stream) (sophia_source_lag_seconds)",
    "For how long HubSpot has had a change that staging lacks.",
    { legend: "{{stream}}", unit: "s", runbook: `${runbooks}/source.md`, empty: withSource },
  ),
  stat("Warehouse", "max(sophia_warehouse_up)", "Whether Snowflake answered the last query.", {
    ...upOrDown,
    runbook: `${runbooks}/warehouse-unreachable.md`,
    empty: withWarehouse,
  }),
  stat("Estuary", "max(sophia_estuary_up)", "Whether Estuary reported the status of its tasks.", {
    ...upOrDown,
    runbook: `${runbooks}/estuary-task-failed.md`,
    empty: withEstuary,
  }),
  stat(
    "Tasks that fail",
    "sum(sophia_estuary_task_failed)",
    "Captures and materializations at Estuary that fail, are disabled, or are not published.",
    {
      levels: noneIsGood,
      runbook: `${runbooks}/estuary-task-failed.md`,
      empty: withEstuary,
    },
  ),
  stat(
    "Tasks that wait",
    "sum(sophia_estuary_task_waiting)",
    "They neither run nor fail: for some minutes after a start that is usual.",
    {
      runbook: `${runbooks}/estuary-task-failed.md`,
      empty: withEstuary,
    },
  ),
  stat(
    "Slots lost",
    "sum(sophia_replication_slot_lost)",
    "Replication slots whose changes PostgreSQL removed: their captures must be backfilled.",
    {
      levels: noneIsGood,
      runbook: `${runbooks}/slot-fills-up.md`,
      empty: withSlots,
    },
  ),
  stat(
    "Slots with a reader",
    "sum(sophia_replication_slot_active)",
    "Estuary reads changes of PostgreSQL through them.",
    {
      levels: someIsGood,
      runbook: `${runbooks}/slot-fills-up.md`,
      empty: withSlots,
    },
  ),
];

const slots = ({ rules }: PipelineLimits): readonly Panel[] => [
  graph(
    "Behind",
    "max by (slot) (sophia_replication_slot_behind_bytes)",
    "Changes of PostgreSQL that a slot's reader has not confirmed.",
    {
      legend: "{{slot}}",
      unit: "bytes",
      runbook: `${runbooks}/slot-fills-up.md`,
      empty: withSlots,
    },
  ),
  graph(
    "Room left",
    "min by (slot) (sophia_replication_slot_safe_bytes / sophia_replication_slot_limit_bytes)",
    "Share of what PostgreSQL keeps for a slot that may still be written. At 0 the slot is lost.",
    {
      legend: "{{slot}}",
      unit: "percentunit",
      levels: ["red", [limitOf(rules, "PipelineSlotFillsUp"), "transparent"]],
      runbook: `${runbooks}/slot-fills-up.md`,
      empty: withSlots,
    },
  ),
];

const records: readonly Panel[] = [
  graph(
    "Rejected records",
    "max by (stream) (sophia_stream_rejected_records)",
    "In the last day: records that do not fit. They are in `error_logs`.",
    {
      legend: "{{stream}}",
      unit: "short",
      runbook: `${runbooks}/records-rejected.md`,
      empty: "nothing was rejected and no field changed in the last day",
    },
  ),
  graph(
    "Killed runs",
    "max by (stream) (sophia_stream_runs_killed)",
    "In the last hour: runs of the extractor that ended without a result.",
    { legend: "{{stream}}", unit: "short", runbook: `${runbooks}/gong.md`, empty: "no extractor ran yet" },
  ),
  graph(
    "Changed fields",
    [
      { expr: "max by (stream) (sophia_stream_fields_added)", legend: "{{stream}}: new" },
      { expr: "max by (stream) (sophia_stream_fields_gone)", legend: "{{stream}}: gone" },
      { expr: "max by (stream) (sophia_stream_fields_changed)", legend: "{{stream}}: of another form" },
    ],
    "In the last day: fields of the source that are new, no longer sent, or have values of another form.",
    {
      unit: "short",
      runbook: `${runbooks}/fields.md`,
      empty: "nothing was rejected and no field changed in the last day",
    },
  ),
];

/** Of the pipeline. Pure. */
export function pipelineDashboard(limits: PipelineLimits): Dashboard {
  const { late, worst, failed, lag, quality } = streamPanels(limits);
  return {
    name: "pipeline",
    title: "data pipeline",
    description: "How fresh and how good the data is, as the quality checks find it.",
    rows: [
      {
        title: "Streams",
        panels: [
          stopped(limits),
          stat(
            "Runs of the checks that failed",
            "increase(sophia_quality_failures_total[1h])",
            "In the last hour.",
            {
              runbook: `${runbooks}/checks-stopped.md`,
            },
          ),
          failed,
          late,
          worst,
          lag,
          quality,
        ],
      },
      { title: "HubSpot, Estuary and Snowflake", panels: ends },
      { title: "Rows", panels: rows },
      { title: "Replication slots", panels: slots(limits) },
      { title: "Records", panels: records },
    ],
  };
}

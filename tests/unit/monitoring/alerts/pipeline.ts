import { type AlertCase, always } from "./case.ts";

const calls = { stream: "gong_calls", source: "gong" };
const state = (which: string) => `sophia_stream_state{stream="gong_calls",source="gong",state="${which}"}`;
const of = (metric: string) => `${metric}{stream="gong_calls",source="gong"}`;
const passed = (check: string) => `sophia_quality_check_passed{stream="gong_calls",check="${check}"}`;
const deals = { stream: "hubspot_deals", source: "hubspot" };
const source = (metric: string) => `sophia_source_${metric}{stream="hubspot_deals",source="hubspot"}`;
const slot = (metric: string) => `sophia_replication_slot_${metric}{slot="flow_slot"}`;

/** Each alert of `data/quality/alerts/pipeline.yaml`. */
export const pipelineCases: AlertCase[] = [
  {
    alert: "PipelineStreamDegraded",
    series: { [state("degraded")]: always(1) },
    at: 5,
    labels: { ...calls, state: "degraded" },
    summary: "gong_calls: a check is below what it must reach",
    well: { [state("degraded")]: always(0), [state("ok")]: always(1) },
  },
  {
    alert: "PipelineStreamFailed",
    series: { [state("failed")]: always(1), [of("sophia_stream_held_up")]: always(0) },
    at: 1,
    labels: { ...calls, state: "failed" },
    summary: "gong_calls: its last run failed",
    // A failed task at Estuary has its own alert.
    well: { [state("failed")]: always(1), [of("sophia_stream_held_up")]: always(1) },
  },
  {
    alert: "PipelineTaskFailed",
    series: { 'sophia_estuary_task_failed{task="sophia/test/source"}': always(1) },
    at: 2,
    labels: { task: "sophia/test/source" },
    summary: "sophia/test/source: does not run at Estuary; its streams are not updated",
    well: { 'sophia_estuary_task_failed{task="sophia/test/source"}': always(0) },
  },
  {
    alert: "PipelineTaskWaiting",
    series: { 'sophia_estuary_task_waiting{task="sophia/test/source"}': always(1) },
    at: 30,
    labels: { task: "sophia/test/source" },
    summary: "sophia/test/source: has not begun to run at Estuary; its streams are not updated",
    // Each restart waits for a while.
    well: { 'sophia_estuary_task_waiting{task="sophia/test/source"}': "1+0x28 0 1+0x28 0 1+0x28" },
  },
  {
    alert: "PipelineEstuaryUnreadable",
    series: { sophia_estuary_up: always(0) },
    at: 10,
    summary: "Estuary does not report the status of its tasks",
    // Unreadable for nine minutes, time and again.
    well: { sophia_estuary_up: "0+0x8 1 0+0x8 1 0+0x8 1" },
  },
  {
    alert: "PipelineSourceRefuses",
    // Whatever it says each time.
    series: { [source("refuses")]: "429 500 1 429 503+0x20" },
    at: 10,
    labels: deals,
    summary: "hubspot_deals: HubSpot refuses what is asked of it (503; 1: nothing came)",
    // Two looks in a row, time and again.
    well: { [source("refuses")]: "0 429+0x9 0 429+0x9 0 429+0x9" },
  },
  {
    alert: "PipelineSourceAhead",
    series: { [source("lag_seconds")]: always(6000), [source("ahead")]: always(1) },
    at: 10,
    labels: deals,
    summary: "hubspot_deals: HubSpot has had a change for 1h 40m 0s that was not loaded",
    well: { [source("lag_seconds")]: always(5000), [source("ahead")]: always(0) },
  },
  {
    alert: "PipelineStreamMissing",
    series: { [state("unknown")]: always(1) },
    at: 60,
    labels: { ...calls, state: "unknown" },
    summary: "gong_calls: its staging table does not exist",
    well: { [state("unknown")]: always(0) },
  },
  {
    alert: "PipelineStreamLate",
    series: { [of("sophia_stream_lag_seconds")]: always(1200), [of("sophia_stream_late")]: always(1) },
    at: 2,
    labels: calls,
    summary: "gong_calls is 20m 0s behind",
    well: { [of("sophia_stream_lag_seconds")]: always(1200), [of("sophia_stream_late")]: always(0) },
  },
  {
    alert: "PipelineStreamSilent",
    series: { [passed("silence")]: always(0) },
    at: 10,
    labels: { stream: "gong_calls", check: "silence" },
    summary: "gong_calls: no change for longer than usual",
    well: { [passed("silence")]: always(1) },
  },
  ...["counts", "uniqueness"].map((check) => ({
    alert: "PipelineCountsDiffer",
    series: { [passed(check)]: always(0) },
    at: 5,
    labels: { stream: "gong_calls", check },
    summary: "gong_calls: staging and warehouse do not hold the same rows",
    well: { [passed(check)]: always(1), [passed("volume")]: always(0) },
  })),
  {
    alert: "PipelineWarehouseUnreachable",
    series: { sophia_warehouse_up: always(0) },
    at: 5,
    summary: "Snowflake does not answer",
    well: { sophia_warehouse_up: always(1) },
  },
  {
    alert: "PipelineSlotFillsUp",
    series: { [slot("safe_bytes")]: always(24), [slot("limit_bytes")]: always(100) },
    at: 1,
    labels: { slot: "flow_slot" },
    summary: "flow_slot: PostgreSQL is about to drop, or dropped, what Estuary has not read",
    well: { [slot("safe_bytes")]: always(26), [slot("limit_bytes")]: always(100), [slot("lost")]: always(0) },
  },
  {
    alert: "PipelineSlotFillsUp",
    // Both reasons at once are one alert.
    series: {
      [slot("safe_bytes")]: always(0),
      [slot("limit_bytes")]: always(100),
      [slot("lost")]: always(1),
    },
    at: 1,
    labels: { slot: "flow_slot" },
    summary: "flow_slot: PostgreSQL is about to drop, or dropped, what Estuary has not read",
    well: { [slot("lost")]: always(0) },
  },
  {
    alert: "PipelineRunKilled",
    series: { 'sophia_stream_runs_killed{stream="gong_calls"}': always(1) },
    at: 0,
    labels: { stream: "gong_calls" },
    summary: "gong_calls: 1 runs ended without a result in the last hour",
    well: { 'sophia_stream_runs_killed{stream="gong_calls"}': always(0) },
  },
  {
    alert: "PipelineRecordsRejected",
    series: { 'sophia_stream_rejected_records{stream="gong_calls"}': always(3) },
    at: 0,
    labels: { stream: "gong_calls" },
    summary: "gong_calls: 3 records were rejected in the last day",
    well: { 'sophia_stream_rejected_records{stream="gong_calls"}': always(0) },
  },
  {
    alert: "PipelineFieldGone",
    series: { 'sophia_stream_fields_gone{stream="gong_calls"}': always(2) },
    at: 0,
    labels: { stream: "gong_calls" },
    summary: "gong_calls: 2 fields are no longer there; new rows have none",
    well: { 'sophia_stream_fields_gone{stream="gong_calls"}': always(0) },
  },
  {
    alert: "PipelineFieldAdded",
    series: { 'sophia_stream_fields_added{stream="gong_calls"}': always(2) },
    at: 0,
    labels: { stream: "gong_calls" },
    summary: "gong_calls: 2 fields are new",
    well: { 'sophia_stream_fields_added{stream="gong_calls"}': always(0) },
  },
  {
    alert: "PipelineFieldChanged",
    series: { 'sophia_stream_fields_changed{stream="hubspot_deals"}': always(1) },
    at: 0,
    labels: { stream: "hubspot_deals" },
    summary: "hubspot_deals: 1 fields have values of another form than before",
    well: { 'sophia_stream_fields_changed{stream="hubspot_deals"}': always(0) },
  },
  {
    alert: "PipelineChecksStopped",
    series: {},
    at: 5,
    summary: "The quality checks do not run: the pipeline is not monitored",
    well: { sophia_quality_last_run_timestamp_seconds: "0+60x120" },
  },
  {
    alert: "PipelineChecksStopped",
    // They ended at the start, and the process goes on serving what it knew.
    series: { sophia_quality_last_run_timestamp_seconds: always(0) },
    at: 16,
    summary: "The quality checks do not run: the pipeline is not monitored",
    well: { sophia_quality_last_run_timestamp_seconds: "0+60x120" },
  },
];

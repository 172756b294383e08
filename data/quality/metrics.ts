import type { Metric, Sample } from "../kit/metrics.ts";
import type { State } from "./checks/judge.ts";
import { heldUp } from "./estuary/tasks.ts";
import type { Measured } from "./measure.ts";
import type { AtSource } from "./source/judge.ts";
import type { Logged, Slot, StreamStatus } from "./store.ts";

const states: readonly State[] = ["ok", "degraded", "failed", "unknown"];

const gauge = (name: string, help: string, samples: Sample[]): Metric => ({
  name,
  help,
  type: "gauge",
  samples,
});

/** With a sample of each that has a value. */
const gaugeOf = <T>(
  name: string,
  help: string,
  all: readonly T[],
  labels: (one: T) => Record<string, string>,
  value: (one: T) => number | undefined,
): Metric =>
  gauge(
    name,
    help,
    all.flatMap((one) => {
      const found = value(one);
      return found === undefined ? [] : [{ labels: labels(one), value: found }];
    }),
  );

/**
 * Prometheus's view of the last run. Pure.
 *
 * @param maxAhead seconds that a source may have a change that staging lacks. Default: any
 */
export function metricsOf(
  measured: Measured | undefined,
  failures: number,
  maxLag: number,
  maxAhead = Number.POSITIVE_INFINITY,
): Metric[] {
  const counter: Metric = {
    name: "sophia_quality_failures_total",
    help: "Runs of the checks that failed.",
    type: "counter",
    samples: [{ value: failures }],
  };
  if (!measured) return [counter];
  const { statuses, results, slots, logged, killed, warehouseReachable, tasks, estuaryFault, atSource } =
    measured;
  const held = heldUp(tasks);
  const each = (name: string, help: string, value: (status: StreamStatus) => number | undefined) =>
    gaugeOf(name, help, statuses, ({ stream, source }) => ({ stream, source }), value);
  const inLogs = (name: string, help: string, kind: keyof Logged) =>
    gaugeOf(
      name,
      help,
      [...logged],
      ([stream]) => ({ stream }),
      ([, counts]) => counts[kind],
    );
  const ofSource = (name: string, help: string, value: (one: AtSource) => number | undefined) =>
    gaugeOf(name, help, atSource, ({ stream }) => ({ stream, source: "hubspot" }), value);
  const slot = (name: string, help: string, value: (one: Slot) => number | undefined) =>
    gaugeOf(name, help, slots, (one) => ({ slot: one.name }), value);
  return [
    counter,
    gauge("sophia_quality_last_run_timestamp_seconds", "When the checks last completed.", [
      { value: measured.at },
    ]),
    each("sophia_stream_rows", "Rows in staging.", ({ rows }) => rows),
    each("sophia_stream_warehouse_rows", "Rows in the warehouse.", ({ warehouseRows }) => warehouseRows),
    each("sophia_stream_lag_seconds", "Lag of the stream.", ({ lag }) => lag),
    each("sophia_stream_late", "1 while the lag exceeds its limit.", ({ lag }) =>
      lag === undefined ? undefined : Number(lag > maxLag),
    ),
    each(
      "sophia_stream_quality_percent",
      "Worst of the stream's checks of content.",
      ({ quality }) => quality,
    ),
    gauge(
      "sophia_stream_state",
      "1 for the stream's current state.",
      statuses.flatMap(({ stream, source, state }) =>
        states.map((one) => ({ labels: { stream, source, state: one }, value: Number(one === state) })),
      ),
    ),
    gauge(
      "sophia_quality_check_score_percent",
      "Rows that meet a check.",
      results.map(({ stream, check, score }) => ({ labels: { stream, check }, value: score })),
    ),
    gauge(
      "sophia_quality_check_passed",
      "1 for a check that reaches its threshold.",
      results.map(({ stream, check, passed }) => ({ labels: { stream, check }, value: Number(passed) })),
    ),
    inLogs(
      "sophia_stream_rejected_records",
      "Distinct records that were rejected in the last day.",
      "rejected",
    ),
    inLogs("sophia_stream_fields_added", "Fields that came for the first time in the last day.", "added"),
    inLogs(
      "sophia_stream_fields_gone",
      "Fields that were reported as no longer sent in the last day.",
      "gone",
    ),
    inLogs(
      "sophia_stream_fields_changed",
      "Fields whose values were found in the last day to have another form.",
      "changed",
    ),
    gauge(
      "sophia_stream_runs_killed",
      "Runs of the extractor that were found in the last hour to have ended without a result.",
      [...killed].map(([stream, value]) => ({ labels: { stream }, value })),
    ),
    gauge(
      "sophia_warehouse_up",
      "1 if the last query of the warehouse succeeded.",
      warehouseReachable === undefined ? [] : [{ value: Number(warehouseReachable) }],
    ),
    gauge(
      "sophia_stream_held_up",
      "1 while a failed task at Estuary stops the stream.",
      statuses.map(({ stream, source }) => ({
        labels: { stream, source },
        value: Number(held.get(stream)?.state === "failed"),
      })),
    ),
    gauge(
      "sophia_estuary_task_failed",
      "1 while the task fails, is disabled, or is not published.",
      tasks.map(({ name, state }) => ({
        labels: { task: name },
        value: Number(state !== "ok" && state !== "waiting"),
      })),
    ),
    gauge(
      "sophia_estuary_task_waiting",
      "1 while the task neither runs nor fails.",
      tasks.map(({ name, state }) => ({ labels: { task: name }, value: Number(state === "waiting") })),
    ),
    gauge(
      "sophia_estuary_up",
      "1 if Estuary reported the status of its tasks.",
      tasks.length === 0 && estuaryFault === undefined ? [] : [{ value: Number(estuaryFault === undefined) }],
    ),
    ofSource(
      "sophia_source_refuses",
      "Status of HTTP with which the source refused the last look, 1 if nothing came; 0 while it answers.",
      ({ refused }) => refused,
    ),
    ofSource(
      "sophia_source_lag_seconds",
      "How long the source has had a change that staging lacks, while nothing was loaded.",
      ({ lag }) => lag,
    ),
    ofSource("sophia_source_ahead", "1 while that is longer than it may be.", ({ lag }) =>
      lag === undefined ? undefined : Number(lag > maxAhead),
    ),
    slot(
      "sophia_replication_slot_behind_bytes",
      "WAL that the slot's reader has not confirmed.",
      (one) => one.behindBytes,
    ),
    slot(
      "sophia_replication_slot_safe_bytes",
      "WAL that may still be written until the slot is lost.",
      (one) => one.safeBytes,
    ),
    slot(
      "sophia_replication_slot_limit_bytes",
      "Maximum of WAL that PostgreSQL keeps for the slot.",
      (one) => one.limitBytes,
    ),
    slot(
      "sophia_replication_slot_lost",
      "1 when the slot's WAL was removed: its capture must be backfilled.",
      ({ status }) => Number(status === "lost"),
    ),
    slot("sophia_replication_slot_active", "1 while the slot has a reader.", ({ active }) => Number(active)),
  ];
}

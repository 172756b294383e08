import type { TaskStatus } from "../plane/types.ts";
import type { ControlPlane } from "./controlPlane.ts";
import { models } from "./models.ts";
import type { SpecType } from "./state.ts";

export interface Status {
  type: "OK" | "WARNING" | "ERROR" | "TASK_DISABLED";
  summary: string;
  /** Why a task died last; the summary does not say it. */
  controller?: { activation: { lastFailure?: ShardFailure } };
}

interface ShardFailure {
  ts: string;
  message: string;
  fields: { eventType: string; eventTarget: string; error: string };
}

/** What Estuary says of a live spec, in the terms of its GraphQL API. */
export function statusOf(control: ControlPlane, name: string): Status | undefined {
  const live = control.store.state.live[name];
  if (!live) return undefined;
  if (live.type === "collection") return { type: "OK", summary: "Ok" };
  if (isDisabled(live.type, live.model))
    return { type: "TASK_DISABLED", summary: "Task shards are disabled" };
  const status = control.plane.status(name);
  return { ...summaryOf(status), controller: { activation: activationOf(name, status) } };
}

function summaryOf({ state, message }: TaskStatus): Status {
  if (state === "failed") return { type: "ERROR", summary: "one or more task shards are failed" };
  if (state === "disabled") return { type: "TASK_DISABLED", summary: message ?? "Task shards are disabled" };
  if (state === "pending") return { type: "WARNING", summary: "waiting for task shards to be ready" };
  return { type: "OK", summary: "Ok" };
}

function activationOf(name: string, { lastFailure }: TaskStatus): { lastFailure?: ShardFailure } {
  if (!lastFailure) return {};
  const fields = { eventType: "shardFailure", eventTarget: name, error: lastFailure.message };
  return {
    lastFailure: { ts: new Date(lastFailure.at).toISOString(), message: "shard failed", fields },
  };
}

/** Whether a task is published as one that does not run. */
export function isDisabled(type: SpecType, model: Record<string, unknown>): boolean {
  if (type === "collection") return false;
  return models[type].safeParse(model).data?.shards?.disable ?? false;
}

export interface Alert {
  alertType: "shard_failed";
  catalogName: string;
  firedAt: string;
  arguments: Record<string, unknown>;
}

/** Seconds of failure after which the alert fires. */
const alertAfter = 30;

/** Alerts that fire now, for specs below a prefix. Of Estuary's kinds there is `shard_failed` only. */
export function alerts(control: ControlPlane, prefix: string): Alert[] {
  return tasks(control, prefix).flatMap(({ name, type, status }) => {
    const since = status.since + alertAfter * 1000;
    if (status.state !== "failed" || control.now() < since) return [];
    const error = status.message ?? "no reason given";
    return [
      {
        alertType: "shard_failed",
        catalogName: name,
        firedAt: new Date(since).toISOString(),
        arguments: { spec_type: type, error, count: status.failures },
      },
    ];
  });
}

function tasks(
  control: ControlPlane,
  prefix: string,
): { name: string; type: SpecType; status: TaskStatus }[] {
  return Object.entries(control.store.state.live)
    .filter(([name, { type }]) => type !== "collection" && name.startsWith(prefix))
    .map(([name, { type }]) => ({ name, type, status: control.plane.status(name) }));
}

interface Metric {
  name: string;
  type: "counter" | "gauge";
  help: string;
  /** Emitted also at 0, as the real one does with this one only. */
  zero?: boolean;
}
const metrics = {
  errors: { name: "logged_errors_total", type: "counter", help: "Total log lines at level ERROR, by task" },
  failures: {
    name: "logged_failures_total",
    type: "counter",
    help: "Total log lines indicating task failure, by task",
  },
  capturedAt: {
    name: "captured_last_published_at_time_seconds",
    type: "gauge",
    help: "Publication time of the most recently captured document, by task and collection",
  },
  capturedDocs: {
    name: "captured_out_docs_total",
    type: "counter",
    help: "Total number of documents captured, by task and collection",
  },
  capturedBytes: {
    name: "captured_out_bytes_total",
    type: "counter",
    help: "Total number of bytes captured, by task and collection",
  },
  materializedAt: {
    name: "materialized_last_source_published_at_time_seconds",
    type: "gauge",
    help: "Publication time of the most recently materialized source document, by task and collection",
  },
  behind: {
    name: "materialized_bytes_behind",
    type: "gauge",
    help: "Number of source bytes that are not materialized yet, by task and collection",
    zero: true,
  },
  materializedDocs: {
    name: "materialized_out_docs_total",
    type: "counter",
    help: "Total number of documents materialized, by task and collection",
  },
  materializedBytes: {
    name: "materialized_out_bytes_total",
    type: "counter",
    help: "Total number of bytes materialized, by task and collection",
  },
} as const satisfies Record<string, Metric>;
type MetricName = keyof typeof metrics;

/** Prometheus text of all tasks below a prefix. Series at zero are absent, as in the real one. */
export function prometheus(control: ControlPlane, prefix: string): string {
  const lines: Record<MetricName, string[]> = Object.fromEntries(
    Object.keys(metrics).map((name) => [name, []]),
  ) as unknown as Record<MetricName, string[]>;
  const add = (metric: MetricName, labels: Record<string, string>, value: number) => {
    const { name, ...rest } = metrics[metric];
    if (value === 0 && !("zero" in rest)) return;
    const text = Object.entries(labels).map(([label, item]) => `${label}=${JSON.stringify(item)}`);
    lines[metric].push(`${name}{${text.join(",")}} ${value}`);
  };
  for (const { name: task, type, status } of tasks(control, prefix)) {
    add("errors", { task }, status.errors);
    add("failures", { task }, status.failures);
    for (const [collection, progress] of Object.entries(status.collections)) {
      const labels = { task, collection };
      const seconds = (progress.lastPublishedAt ?? 0) / 1000;
      if (type === "capture") {
        add("capturedAt", labels, seconds);
        add("capturedDocs", labels, progress.docs);
        add("capturedBytes", labels, progress.bytes);
      } else {
        add("materializedAt", labels, seconds);
        add("behind", labels, progress.bytesBehind);
        add("materializedDocs", labels, progress.docs);
        add("materializedBytes", labels, progress.bytes);
      }
    }
  }
  const text = Object.entries(metrics).flatMap(([key, { name, type, help }]) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...lines[key as MetricName],
  ]);
  return `${[...text, "# EOF"].join("\n")}\n`;
}

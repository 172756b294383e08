import { quoted, sayable } from "../../estuary/client/status.ts";
import { storable } from "../../gong/source/json.ts";
import { type StreamChecks, streamChecks } from "../checks/streams.ts";

/** What Estuary says of a task. `missing`: it is not published. */
export interface Task {
  /** Catalog name, such as `sophia/prod/source-hubspot`. */
  name: string;
  state: "ok" | "waiting" | "failed" | "disabled" | "missing";
  /** Estuary's own words, with the cause of a failure: they may hold a record. */
  summary: string;
}

/** A task that keeps a stream from flowing. */
export interface HeldUp {
  state: "failed" | "degraded";
  /** Without what a record holds. */
  message: string;
}

/** A record that stops a task. */
export interface BadRecord {
  stream: StreamChecks;
  key: string | null;
  reason: string;
  /** JSON: the record as far as Estuary quotes it. */
  raw: string | null;
}

const lastPart = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** Whether a task carries a stream. Pure. */
function carries(task: string, { source }: StreamChecks): boolean {
  const name = lastPart(task);
  if (name === "source-hubspot" || name === "source-slack") return name === `source-${source}`;
  return name !== "materialize-postgres" || source !== "gong";
}

/** Collections of Slack and HubSpot are named by their vendors, those of PostgreSQL by their tables. */
function streamOf(collection: string, streams: readonly StreamChecks[]): StreamChecks | undefined {
  const [vendor, name] = collection.split("/").slice(-2);
  const wanted = name?.endsWith("_staging")
    ? name.replace(/_staging$/, "")
    : `${vendor}_${name?.replace(/^channel_/, "")}`;
  return streams.find(({ stream }) => stream === wanted);
}

/** Streams that a task stops, by name, with the reason. A missing task only degrades: it may be about to be published. Pure. */
export function heldUp(
  tasks: readonly Task[],
  streams: readonly StreamChecks[] = streamChecks,
): Map<string, HeldUp> {
  const found = new Map<string, HeldUp>();
  for (const { name, state, summary } of tasks) {
    if (state === "ok" || state === "waiting") continue;
    const failed = state !== "missing";
    const said =
      state === "failed" ? sayable(summary) : `is ${failed ? "disabled" : "not published"} at Estuary`;
    const message = `${lastPart(name)} ${said}`;
    for (const stream of streams) {
      // The first task on the way is the cause, those behind it lack what it does not bring.
      if (!carries(name, stream) || found.get(stream.stream)?.state === "failed") continue;
      found.set(stream.stream, { state: failed ? "failed" : "degraded", message });
    }
  }
  return found;
}

/** Records that stop tasks, as Estuary quotes them. Pure. */
export function badRecords(
  tasks: readonly Task[],
  streams: readonly StreamChecks[] = streamChecks,
): BadRecord[] {
  return tasks.flatMap(({ name, state, summary }) => {
    const collection = /collection (\S+)/.exec(summary)?.[1];
    if (state !== "failed" || collection === undefined || !/document failed validation/.test(summary))
      return [];
    const stream = streamOf(collection, streams);
    if (!stream) return [];
    const text = summary.split(quoted)[1];
    const record = text === undefined ? undefined : recordIn(text);
    const key = record && stream.key.map((column) => record[column] ?? "").join(" ");
    return [
      {
        stream,
        key: key ? key.replaceAll("\0", "").slice(0, 100) : null,
        reason: `${lastPart(name)} ${sayable(summary)}`,
        raw: text === undefined ? null : storable(JSON.stringify(record ?? text)),
      },
    ];
  });
}

/** The object that a text begins with; undefined where it was cut off. */
function recordIn(text: string): Record<string, unknown> | undefined {
  for (let end = text.lastIndexOf("}"); end > 0; end = text.lastIndexOf("}", end - 1)) {
    try {
      return JSON.parse(text.slice(0, end + 1)) as Record<string, unknown>;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}

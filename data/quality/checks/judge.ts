/** One result of one check. */
export interface Result {
  stream: string;
  check: string;
  /** Percent. */
  score: number;
  threshold: number;
  passed: boolean;
  /** What was counted or measured. */
  observed?: number;
  /** Why it failed, where the score does not say. */
  message?: string;
}

/** A stream in staging. */
export interface Staging {
  rows: number;
  /** Seconds since 1970. */
  newest?: number;
}
/** A stream in the warehouse. */
export interface InWarehouse extends Staging {
  keys: number;
}

/**
 * A look into the warehouse, beside what staging was at that moment. Looks are rare, as each may wake the warehouse, so
 * that what it says is true of then, not of now.
 */
export interface Look {
  /** Seconds since 1970. */
  at: number;
  /** Rows of staging. */
  rows: number;
  /** Undefined where the table is not there yet. */
  warehouse?: InWarehouse | undefined;
  /**
   * Between what numbers staging's rows were for as long as the warehouse may be behind; `whole` once that was watched.
   * The warehouse's number must be one that staging had.
   */
  window: { min: number; max: number; whole: boolean };
  /** When the oldest row was loaded that the warehouse lacked. */
  pendingSince?: number | undefined;
}

/** Our extractor, as its own tables show it. */
interface Extractor {
  /** How its last run ended; undefined where none did. */
  last?: string | undefined;
  /** What that run said. */
  message?: string | undefined;
  /** Up to when it read its source, in seconds since 1970; undefined where it never got on. */
  through?: number | undefined;
  /** Since when it is watched. */
  since: number;
}

/** What is known of a stream beside its rows. */
export interface Facts {
  /** Seconds since 1970. */
  now: number;
  /** Undefined where the table is not there. */
  staging?: Staging | undefined;
  /** Undefined where nobody looked. */
  look?: Look | undefined;
  /** Why the warehouse was not read, if it should have been. */
  warehouseFault?: string | undefined;
  /** What at Estuary keeps it from flowing. */
  heldUp?: { state: "failed" | "degraded"; message: string } | undefined;
  /** Undefined where none of ours brings the stream. */
  extractor?: Extractor | undefined;
}

export interface Limits {
  /** Percent. */
  threshold: number;
  /** Seconds. */
  maxLag: number;
  silentAfterHours?: number | undefined;
}

/** 100 where there is nothing to count. */
export const percent = (part: number, whole: number): number => (whole === 0 ? 100 : (100 * part) / whole);

/** 100 where two counts agree, less by as much as they differ. */
const agreement = (a: number, b: number): number => (a === b ? 100 : percent(Math.min(a, b), Math.max(a, b)));

/**
 * Seconds that the stream is behind: since the moment up to which our extractor read, or the age that the oldest row
 * which the warehouse lacked had when somebody looked, whichever is more. Rows that nobody changed make no lag. That a
 * run ended well says nothing: one that its source asked to wait does so, too.
 */
export function lagOf({ now, extractor, look }: Facts): number {
  const lags = [
    extractor ? now - (extractor.through ?? extractor.since) : 0,
    look?.pendingSince === undefined ? 0 : look.at - look.pendingSince,
  ];
  return Math.max(0, ...lags);
}

/** Results of the checks that are about a stream as a whole. */
export function wholeResults(stream: string, facts: Facts, limits: Limits): Result[] {
  const { staging, look, now } = facts;
  if (!staging) return [];
  const results: Result[] = [];
  const add = (check: string, score: number, observed: number, threshold: number, message?: string) =>
    results.push({
      stream,
      check,
      score,
      threshold,
      passed: score >= threshold,
      observed,
      ...(message !== undefined && { message }),
    });
  const lag = lagOf(facts);
  add(
    "freshness",
    lag <= limits.maxLag ? 100 : 0,
    lag,
    100,
    lag > limits.maxLag ? "the stream is late" : undefined,
  );
  if (limits.silentAfterHours !== undefined && staging.newest !== undefined) {
    const age = now - staging.newest;
    const silent = age > limits.silentAfterHours * 3600;
    add("silence", silent ? 0 : 100, age, 100, silent ? "no change for longer than usual" : undefined);
  }
  if (look?.warehouse) {
    const { rows, warehouse } = look;
    const twice = warehouse.rows - warehouse.keys;
    add(
      "uniqueness",
      percent(warehouse.keys, warehouse.rows),
      twice,
      100,
      twice > 0 ? "rows are duplicated" : undefined,
    );
    const { min, max, whole } = look.window;
    const nearest = Math.min(Math.max(warehouse.rows, min), max);
    const passed = nearest === warehouse.rows || !whole;
    results.push({
      stream,
      check: "counts",
      score: passed ? 100 : Math.min(agreement(nearest, warehouse.rows), 99.99),
      threshold: 100,
      passed,
      observed: Math.abs(rows - warehouse.rows),
      ...(!passed && { message: `staging had ${rows} rows, the warehouse ${warehouse.rows}` }),
    });
  }
  return results;
}

export type State = "ok" | "degraded" | "failed" | "unknown";
export interface Status {
  state: State;
  /** Percent: the worst of the checks about content and counts. */
  quality: number | undefined;
  lag: number | undefined;
  message: string | undefined;
}

/** Checks about time; they make a stream late, not bad. */
const timely = new Set(["freshness", "silence"]);

/** Why our extractor brings nothing, if it does. */
function failureOf({ last, message, through }: Extractor, results: readonly Result[]): string | undefined {
  if (last === "failed") return message ?? "its last run failed";
  const late = results.some(({ check, passed }) => check === "freshness" && !passed);
  if (through !== undefined || !late) return undefined;
  const said = last === undefined ? "no run of its extractor has completed" : message;
  return `nothing was ever read${said === undefined ? "" : `: ${said}`}`;
}

/** The stream's state. Pure. */
export function statusOf(results: readonly Result[], facts: Facts): Status {
  const { heldUp, extractor } = facts;
  if (!facts.staging) {
    const message = "its table does not exist yet";
    if (heldUp?.state !== "failed") return { state: "unknown", quality: undefined, lag: undefined, message };
    return { state: "failed", quality: undefined, lag: undefined, message: `${heldUp.message}; ${message}` };
  }
  const content = results.filter(({ check }) => !timely.has(check));
  const quality = content.length > 0 ? Math.min(...content.map(({ score }) => score)) : undefined;
  const lag = lagOf(facts);
  const failed = extractor && failureOf(extractor, results);
  if (failed !== undefined) return { state: "failed", quality, lag, message: failed };
  if (heldUp?.state === "failed") return { state: "failed", quality, lag, message: heldUp.message };
  const faults = results
    .filter(({ passed }) => !passed)
    .map(({ check, score, message }) => `${check}: ${message ?? `${score.toFixed(1)} %`}`);
  if (extractor?.last === "degraded") faults.push(`its last run: ${extractor.message ?? "was incomplete"}`);
  if (heldUp) faults.push(heldUp.message);
  if (facts.warehouseFault) faults.push(`the warehouse cannot be read: ${facts.warehouseFault}`);
  return {
    state: faults.length > 0 ? "degraded" : "ok",
    quality,
    lag,
    message: faults.length > 0 ? faults.join("; ") : undefined,
  };
}

/** How many of a run's records were not rejected. Pure. */
export function acceptance(
  stream: string,
  { read, rejected }: { read: number; rejected: number },
  threshold: number,
): Result {
  const score = percent(read - rejected, read);
  const passed = score >= threshold;
  return { stream, check: "acceptance", score, threshold, passed, observed: rejected };
}

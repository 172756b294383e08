import { parse } from "yaml";

/** Units as Grafana names them; those that are used. */
type Unit =
  | "short"
  | "s"
  | "bytes"
  | "percent"
  | "percentunit"
  | "celsius"
  | "watt"
  | "currencyUSD"
  | "reqps"
  | "ops"
  | "Bps";

/** From which value on a value has a colour; the first has none, for all below the second. */
type Levels = readonly [colour: string, ...more: (readonly [from: number, colour: string])[]];

/** A query in PromQL. */
interface Query {
  /** `$__rate_interval` is the shortest range over which Grafana's rates are exact. */
  expr: string;
  /** Name of each series, with labels as `{{label}}`. Default: all labels. */
  legend?: string;
}

type Queries = readonly [Query, ...Query[]];

/** A part of a dashboard that shows the answer to one question. */
export interface Panel {
  title: string;
  /** What it shows and when to worry, for somebody who never saw it. */
  description: string;
  /** `stat` is one number now, `graph` numbers over time, `states` a word for each series over time, `table` what is now. */
  kind: "stat" | "graph" | "states" | "table";
  queries: Queries;
  unit?: Unit;
  levels?: Levels;
  /** Words in place of numbers. */
  words?: Readonly<Record<number, string>>;
  /** What to do when it is bad: a file. */
  runbook?: `docs/runbooks/${string}.md`;
  /** Why it may have no series although all is well. Default: it always has one. */
  empty?: string;
}

/** Panels below a heading. */
interface Row {
  title: string;
  panels: readonly Panel[];
}

/** A page of panels, which any Grafana shows that reads this Prometheus. */
export interface Dashboard {
  /** Names its file and its address, `/d/sophia-<name>`. Another name is another dashboard. */
  name: string;
  title: string;
  description: string;
  rows: readonly Row[];
}

/** Good at 0, bad above it. */
export const noneIsGood: Levels = ["green", [1, "red"]];
/** Bad at 0, good above it. */
export const someIsGood: Levels = ["red", [1, "green"]];
/** Of what Prometheus tells by 1 and 0. */
export const upOrDown = { words: { 0: "down", 1: "up" }, levels: someIsGood } as const;

/** A panel of this kind. Pure. */
const panel =
  (kind: Panel["kind"]) =>
  (
    title: string,
    /** Of several, each with its legend. */
    asks: string | Queries,
    description: string,
    { legend, ...rest }: Omit<Partial<Panel>, "title" | "kind" | "queries"> & { legend?: string } = {},
  ): Panel => {
    const one = (expr: string): Queries => [{ expr, ...(legend !== undefined && { legend }) }];
    return { title, description, kind, queries: typeof asks === "string" ? one(asks) : asks, ...rest };
  };

/** One number, of now. */
export const stat = panel("stat");
/** A number of each series, over time. */
export const graph = panel("graph");
/** A word for each series, over time. */
export const states = panel("states");
/** The series that there are now, with their labels. */
export const table = panel("table");

/** Half, and 95 of 100, of what a histogram counted in the last quarter of an hour took no longer. Pure. */
export const quantiles = (histogram: string, by: string): [Query, Query] => [
  quantile(0.5, histogram, by),
  quantile(0.95, histogram, by),
];
const quantile = (share: number, histogram: string, by: string): Query => ({
  expr: `histogram_quantile(${share}, sum by (${by}, le) (rate(${histogram}[15m])))`,
  legend: `p${share * 100} {{${by}}}`,
});

/**
 * The number with which an alert compares, so that a panel turns red when the alert fires. Pure.
 *
 * @param rules a file of alerts, as Prometheus reads it
 * @throws when there is no such alert, or it compares with no number
 */
export function limitOf(rules: string, alert: string): number {
  const { groups } = parse(rules) as { groups: { rules: { alert: string; expr: string }[] }[] };
  const expr = groups.flatMap((group) => group.rules).find((rule) => rule.alert === alert)?.expr;
  const [, factors] = /[<>]=?\s*([\d.]+(?:\s*\*\s*[\d.]+)*)/.exec(expr ?? "") ?? [];
  if (factors !== undefined)
    return factors.split("*").reduce((product, factor) => product * Number(factor), 1);
  throw new Error(
    `a panel's limit is to be that of the alert ${alert}, which ${expr === undefined ? "is not among the alerts" : `compares with no number: ${expr}`}`,
  );
}

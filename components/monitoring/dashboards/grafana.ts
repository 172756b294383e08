import type { Dashboard, Panel } from "./panels.ts";

/** A dashboard as Grafana imports it; what tests read of it. */
export interface GrafanaDashboard {
  uid: string;
  title: string;
  panels: { id: number; type: string; title: string; gridPos: Place; targets?: { expr: string }[] }[];
}

interface Place {
  h: number;
  w: number;
  x: number;
  y: number;
}

/** Grafana's grid is 24 wide. */
const full = 24;
/** Format of the file: Grafana 10.3's, which newer ones bring up to date when they read it. */
const schemaVersion = 39;

const source = { type: "prometheus", uid: "${datasource}" };

const types = { stat: "stat", graph: "timeseries", states: "state-timeline", table: "table" } as const;
const sizes = {
  stat: { w: 4, h: 4 },
  graph: { w: 12, h: 8 },
  states: { w: 12, h: 8 },
  table: { w: 24, h: 8 },
} as const;

/** How a kind of panel shows its values. Pure. */
const optionsOf = (kind: Panel["kind"]): object =>
  ({
    stat: {
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
      colorMode: "value",
      graphMode: "none",
      textMode: "value",
    },
    graph: {
      legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
      tooltip: { mode: "multi", sort: "desc" },
    },
    states: {
      legend: { displayMode: "list", placement: "bottom", showLegend: false, calcs: [] },
      tooltip: { mode: "single", sort: "none" },
      mergeValues: true,
      rowHeight: 0.9,
      showValue: "never",
    },
    table: { showHeader: true },
  })[kind];

/** Unit, words and colours of a panel. Pure. */
function fieldConfig({ kind, unit, levels, words }: Panel): object {
  const [base = "text", ...above] = levels ?? [];
  const steps = [{ value: null, color: base }, ...above.map(([from, color]) => ({ value: from, color }))];
  const results = Object.entries(words ?? {}).map(
    ([value, text], index) => [value, { text, index }] as const,
  );
  return {
    defaults: {
      ...(unit && { unit }),
      ...(levels && { thresholds: { mode: "absolute", steps }, color: { mode: "thresholds" } }),
      ...(results.length > 0 && { mappings: [{ type: "value", options: Object.fromEntries(results) }] }),
      ...(kind === "graph" && {
        color: { mode: "palette-classic" },
        custom: {
          axisSoftMin: 0,
          lineWidth: 1,
          fillOpacity: 10,
          showPoints: "never",
          thresholdsStyle: { mode: levels ? "line" : "off" },
        },
      }),
    },
    overrides: [],
  };
}

/** Of a table whose columns are labels: those that say nothing are left out. */
const transformations = [
  {
    id: "organize",
    options: {
      excludeByName: { Time: true, Value: true, __name__: true, alertstate: true },
      renameByName: {},
    },
  },
];

const describe = ({ description, runbook, empty }: Panel) =>
  [
    description,
    ...(empty ? [`No data, although all is well: ${empty}.`] : []),
    ...(runbook ? [`Runbook: \`${runbook}\``] : []),
  ].join("\n\n");

/** Pure. @param interval seconds between two scrapes */
const panelOf = (panel: Panel, id: number, gridPos: Place, interval: number) => ({
  id,
  type: types[panel.kind],
  title: panel.title,
  description: describe(panel),
  datasource: source,
  gridPos,
  targets: panel.queries.map(({ expr, legend }, index) => ({
    refId: String.fromCharCode("A".charCodeAt(0) + index),
    datasource: source,
    expr,
    // Of a query, not of the panel: `$__rate_interval` is four of these, and four of the data source's own otherwise.
    interval: `${interval}s`,
    ...(legend !== undefined && { legendFormat: legend }),
    ...(panel.kind === "stat" || panel.kind === "table"
      ? { instant: true, range: false, format: panel.kind === "table" ? "table" : "time_series" }
      : { instant: false, range: true }),
  })),
  fieldConfig: fieldConfig(panel),
  options: optionsOf(panel.kind),
  ...(panel.kind === "table" && { transformations }),
});

/** All rows with their panels from left to right, each in the next line where it does not fit. Pure. */
function placed({ rows }: Dashboard, interval: number): object[] {
  const all: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    all.push({
      id: all.length + 1,
      type: "row",
      title,
      collapsed: false,
      gridPos: { h: 1, w: full, x: 0, y },
      panels: [],
    });
    y += 1;
    let x = 0;
    let high = 0;
    for (const panel of panels) {
      const { w, h } = sizes[panel.kind];
      if (x + w > full) {
        y += high;
        x = 0;
        high = 0;
      }
      all.push(panelOf(panel, all.length + 1, { h, w, x, y }, interval));
      x += w;
      high = Math.max(high, h);
    }
    y += high;
  }
  return all;
}

/**
 * The file that Grafana imports. Its one variable is the Prometheus that is asked. Pure.
 *
 * @param interval seconds between two scrapes, the setting `monitoring.intervalSeconds`
 */
export function grafanaDashboard(dashboard: Dashboard, interval: number): GrafanaDashboard {
  const { name, title, description } = dashboard;
  return {
    uid: `sophia-${name}`,
    title: `Sophia: ${title}`,
    description,
    tags: ["sophia"],
    schemaVersion,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: "1m",
    time: { from: "now-6h", to: "now" },
    timezone: "browser",
    templating: {
      list: [
        { name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus", current: {} },
      ],
    },
    annotations: { list: [] },
    links: [
      {
        type: "dashboards",
        title: "Sophia",
        tags: ["sophia"],
        asDropdown: true,
        keepTime: true,
        includeVars: true,
      },
    ],
    panels: placed(dashboard, interval),
  } as GrafanaDashboard;
}

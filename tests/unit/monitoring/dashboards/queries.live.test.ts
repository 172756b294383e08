import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { programOf } from "../../../support/servers/program.ts";
import { askedBy } from "./expressions.ts";
import { served } from "./served.ts";
import { queries } from "./stacks.ts";

const all = ["dev", "prod", "local"].flatMap(queries);
const there = await served();

/** What an expression asks for and nobody serves, or by labels that it has not. Pure. */
function missing(expr: string): string[] {
  const { metrics, labels } = askedBy(expr);
  const known = metrics.flatMap((metric) => [...(there.get(metric) ?? [])]);
  return [
    ...metrics.filter((metric) => !there.has(metric)),
    ...labels.filter((label) => !known.includes(label)).map((label) => `label ${label}`),
  ];
}

test("O2 every query asks for metrics that a job serves, by labels that they have", () => {
  expect(all.length).toBeGreaterThan(150);
  for (const { panel, expr } of all) {
    expect(askedBy(expr).metrics.length, panel).toBeGreaterThan(0);
    expect(missing(expr), `${panel}: ${expr}`).toEqual([]);
  }
});

test("a misspelt metric and a misspelt label are found, in every place", () => {
  expect(missing('sum by (stream) (sophia_stream_lags) / (max(up{jobs="a"}) > 1e-6)')).toEqual([
    "sophia_stream_lags",
    "label jobs",
    "label stream",
  ]);
  expect(missing("max by (streams) (rate(sophia_stream_rows[$__rate_interval]))")).toEqual(["label streams"]);
});

test("O2 Prometheus can read every query", () => {
  const folder = mkdtempSync(join(tmpdir(), "dashboards-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "rules.yaml");
  const { run } = programOf("prometheus", "promtool", ["--version"]);
  const check = (exprs: readonly string[]) => {
    const rules = exprs.map((expr, index) => ({
      record: `query_${index}`,
      expr: expr.replaceAll("$__rate_interval", "1m"),
    }));
    writeFileSync(file, stringify({ groups: [{ name: "dashboards", rules }] }));
    return run("promtool", ["check", "rules", file], { folder });
  };
  const exprs = [...new Set(all.map(({ expr }) => expr))];
  expect(check(exprs)).toContain(`${exprs.length} rules found`);
  expect(() => check(["sum by (stream (up)"])).toThrow(/parse/i);
});

import { expect, test } from "vitest";
import type { Measured } from "../../../../data/quality/measure.ts";
import { metricsOf } from "../../../../data/quality/metrics.ts";
import { holding, rules, Watch } from "../../../support/pipeline/alerts.ts";
import { measured } from "../../../support/pipeline/measured.ts";

const metrics = metricsOf(measured, 0, 900);

test("P5 every alert asks for metrics that are served, by labels that they have", () => {
  for (const { alert, expr } of rules) {
    const asked = [...expr.matchAll(/(sophia_\w+)(?:\{(\w+)=)?/g)];
    expect(asked.length, alert).toBeGreaterThan(0);
    for (const [, name, label] of asked) {
      const metric = metrics.find((one) => one.name === name);
      expect(metric, `${alert}: ${name}`).toBeDefined();
      expect(metric?.samples.length, `${alert}: ${name}`).toBeGreaterThan(0);
      if (label) expect(Object.keys(metric?.samples[0]?.labels ?? {}), alert).toContain(label);
    }
  }
});

test("P3 below the threshold and late shows in the metrics that alert", () => {
  const value = (name: string, labels: Record<string, string>) =>
    metrics
      .find((metric) => metric.name === name)
      ?.samples.find((sample) => Object.entries(labels).every(([key, text]) => sample.labels?.[key] === text))
      ?.value;
  const stream = { stream: "gong_calls" };
  expect(value("sophia_stream_state", { ...stream, state: "degraded" })).toBe(1);
  expect(value("sophia_stream_state", { ...stream, state: "ok" })).toBe(0);
  expect(value("sophia_stream_late", stream)).toBe(1);
  expect(value("sophia_warehouse_up", {})).toBe(0);
  expect(value("sophia_replication_slot_lost", { slot: "flow_slot" })).toBe(1);
});

test("P5 an alert fires when it held at every look for as long as it says", () => {
  const well = { ...measured, statuses: measured.statuses.map((one) => ({ ...one, state: "ok" as const })) };
  const watch = new Watch();
  const degraded = (minute: number, of = measured) =>
    watch.see({ ...of, at: minute * 60 }).includes("PipelineStreamDegraded gong_calls");
  expect([0, 1, 2, 3, 4].map((minute) => degraded(minute))).not.toContain(true);
  expect(degraded(5)).toBe(true);
  expect(degraded(6, well)).toBe(false);
  // It begins anew.
  expect([7, 8, 9, 10, 11].map((minute) => degraded(minute))).not.toContain(true);
  expect(degraded(12)).toBe(true);
});

test("P5 what is wrong fires its alerts, what is well fires none", () => {
  expect(holding(measured).sort()).toEqual([
    "PipelineCountsDiffer gong_calls",
    "PipelineFieldAdded gong_calls",
    "PipelineFieldChanged gong_calls",
    "PipelineFieldGone gong_calls",
    "PipelineRecordsRejected gong_calls",
    "PipelineRunKilled gong_calls",
    "PipelineSlotFillsUp flow_slot",
    "PipelineSlotFillsUp flow_slot",
    "PipelineSourceAhead hubspot_deals",
    "PipelineSourceRefuses hubspot_deals",
    "PipelineStreamDegraded gong_calls",
    "PipelineStreamLate gong_calls",
    "PipelineTaskFailed source-postgres",
    "PipelineWarehouseUnreachable",
  ]);
  const well: Measured = {
    at: 1,
    statuses: measured.statuses.map((status) => ({ ...status, state: "ok", lag: 1 })),
    results: measured.results.map((result) => ({ ...result, passed: true })),
    slots: [
      { name: "flow_slot", status: "reserved", active: true, behindBytes: 1, safeBytes: 26, limitBytes: 100 },
    ],
    logged: new Map([["gong_calls", { rejected: 0, added: 0, gone: 0, changed: 0 }]]),
    killed: new Map([["gong_calls", 0]]),
    warehouseReachable: true,
    tasks: [{ name: "sophia/test/source-postgres", state: "ok", summary: "Ok" }],
    estuaryFault: undefined,
    atSource: [{ stream: "hubspot_deals", refused: 0, lag: 5400 }],
  };
  expect(holding(well)).toEqual([]);
  expect(holding({ ...well, tasks: [], estuaryFault: "401" })).toEqual(["PipelineEstuaryUnreadable"]);
});

import type { Measured } from "../../../data/quality/measure.ts";

/** A run of the quality checks that found something of every kind. */
export const measured: Measured = {
  at: 1,
  statuses: [
    {
      stream: "gong_calls",
      source: "gong",
      state: "degraded",
      rows: 1,
      warehouseRows: 1,
      lag: 1000,
      quality: 50,
      message: undefined,
    },
  ],
  results: [{ stream: "gong_calls", check: "counts", score: 50, threshold: 100, passed: false }],
  slots: [{ name: "flow_slot", status: "lost", active: false, behindBytes: 1, safeBytes: 1, limitBytes: 9 }],
  logged: new Map([["gong_calls", { rejected: 1, added: 1, gone: 1, changed: 1 }]]),
  killed: new Map([["gong_calls", 1]]),
  warehouseReachable: false,
  tasks: [{ name: "sophia/test/source-postgres", state: "failed", summary: "task shards failed" }],
  estuaryFault: undefined,
  atSource: [{ stream: "hubspot_deals", refused: 429, missing: 1, lag: 9000 }],
};

import { z } from "zod";
import type { Database } from "../kit/postgres/database.ts";
import { select } from "../kit/postgres/select.ts";
import { paging, type Tool, tool } from "../kit/tool.ts";
import { freshness } from "./freshness.ts";
import { type Filter, history } from "./history.ts";
import { describeTable, listTables } from "./schema.ts";

const stream = z.string().max(200).optional().describe("only this stream, e.g. gong_calls; left out: all");
const since = z.iso
  .datetime({ offset: true })
  .optional()
  .describe("only what is not older, e.g. 2026-11-01T00:00:00Z");

/** Tools that show the state of the pipeline and its data. All are read-only. */
export function dataTools(database: Database): Tool[] {
  const rows = (filter: Filter, input: Parameters<typeof history>[2], signal: AbortSignal) =>
    history(database, filter, input, signal);
  return [
    tool({
      name: "get_pipeline_status",
      description: "Show the current state of each stream of the data pipeline: state, lag, quality.",
      input: z.object({ stream, ...paging }),
      run: (input, { signal }) => rows({ table: "pipeline_status", at: "updated_at" }, input, signal),
    }),
    tool({
      name: "get_data_quality",
      description:
        "Show results of data quality checks, newest first; by default only each check's last result.",
      input: z.object({
        stream,
        below: z.number().min(0).max(100).optional().describe("only scores below this, in percent"),
        latest: z.boolean().default(true).describe("only the last result of each check; false: all"),
        since,
        ...paging,
      }),
      run: (input, { signal }) =>
        rows(
          {
            table: "data_quality_metrics",
            at: "measured_at",
            ...(input.latest && { latestOf: ["stream", "check_name"] }),
            ...(input.below !== undefined && { below: { column: "score", value: input.below } }),
          },
          input,
          signal,
        ),
    }),
    tool({
      name: "get_freshness",
      description:
        "Show for each staging table when its newest row was loaded, how old that is, and whether it is late.",
      input: z.object({
        maxAgeMinutes: z.number().positive().default(60).describe("older tables count as late"),
      }),
      timeout: 120,
      run: ({ maxAgeMinutes }, { signal }) => freshness(database, maxAgeMinutes, signal),
    }),
    tool({
      name: "list_syncs",
      description:
        "List runs of Gong's extractor, newest first: stream, status, times, rows, and why a run failed. " +
        "HubSpot and Slack are loaded continuously: a row is an hour in which records came; see also their status.",
      input: z.object({
        stream,
        status: z
          .string()
          .max(50)
          .optional()
          .describe("only this status: running, succeeded, degraded or failed"),
        since,
        ...paging,
      }),
      run: (input, { signal }) =>
        rows(
          {
            table: "sync_history",
            at: "started_at",
            ...(input.status !== undefined && { equal: { column: "status", value: input.status } }),
          },
          input,
          signal,
        ),
    }),
    tool({
      name: "list_errors",
      description:
        "List records that the pipeline rejected and why, newest first, without the records' contents.",
      input: z.object({ stream, since, ...paging }),
      run: (input, { signal }) =>
        rows({ table: "error_logs", at: "occurred_at", without: ["raw"] }, input, signal),
    }),
    tool({
      name: "list_tables",
      description: "List the tables and views that can be queried, with an estimate of their rows.",
      input: z.object({
        schema: z.string().max(63).optional().describe("only this schema, e.g. public"),
        ...paging,
      }),
      run: (input, { signal }) => listTables(database, input, signal),
    }),
    tool({
      name: "describe_table",
      description:
        "Show the columns of a table with types, comments and whether they can be read, its primary key and indexes.",
      input: z.object({
        table: z.string().min(1).max(130).describe("name, or schema.name"),
        ...paging,
      }),
      run: (input, { signal }) => describeTable(database, input, signal),
    }),
    tool({
      name: "query_sql",
      description:
        "Run one read-only SQL query (PostgreSQL); pages are stable only with an ORDER BY that is unique.",
      input: z.object({
        sql: z.string().min(1).max(20_000).describe("one SELECT, VALUES or WITH query"),
        ...paging,
      }),
      run: ({ sql, ...page }, { signal }) => select(database, sql, page, signal),
    }),
  ];
}

import type pg from "pg";
import { loadedAt, tableOf } from "../../estuary/spec/streams.ts";
import { type Columns, identifier } from "../checks/sql.ts";
import type { StreamChecks } from "../checks/streams.ts";
import { type HubspotSource, hubspotObjects } from "./hubspot.ts";
import { type AtSource, compareWithSource, type Staged } from "./judge.ts";

export interface SourceOptions {
  hubspot: Pick<HubspotSource, "changedAfter">;
  /** Seconds between two looks. */
  interval: number;
}

/** Asks HubSpot at times what staging lacks. Estuary does not say that HubSpot refuses: its connector asks on. */
export class SourceWatch {
  readonly #options: SourceOptions | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #seen = new Map<string, AtSource>();

  /** @param options undefined: no source is asked */
  constructor(options: SourceOptions | undefined) {
    this.#options = options;
  }

  /**
   * @param at seconds since 1970
   * @returns each stream as it was at the last look
   * @throws where PostgreSQL cannot be read
   */
  async look(
    client: pg.ClientBase,
    streams: readonly StreamChecks[],
    tables: ReadonlyMap<string, Columns>,
    { at, signal }: { at: number; signal: AbortSignal },
  ): Promise<AtSource[]> {
    if (this.#options && at - this.#lookedAt >= this.#options.interval) {
      const { hubspot } = this.#options;
      const seen = new Map<string, AtSource>();
      for (const [stream, object] of Object.entries(hubspotObjects)) {
        if (!streams.some((one) => one.stream === stream)) continue;
        const staged = await stagedOf(client, stream, `properties/${object.modified}`, tables);
        const answer = await hubspot.changedAfter(object, staged.newest ?? 0, signal);
        const before = this.#seen.get(stream);
        seen.set(stream, compareWithSource(stream, answer, staged, { before, at }));
      }
      this.#seen = seen;
      this.#lookedAt = at;
    }
    return [...this.#seen.values()];
  }
}

/** @param column when a record changed at its source, as text, of which anything may come */
async function stagedOf(
  client: pg.ClientBase,
  stream: string,
  column: string,
  tables: ReadonlyMap<string, Columns>,
): Promise<Staged> {
  const table = tableOf(stream);
  const columns = tables.get(table);
  if (!columns?.has(column) || !columns.has(loadedAt)) return { newest: undefined, loaded: undefined };
  const text = `${identifier(column)}::text`;
  const { rows } = await client.query<{ newest: string | null; loaded: Date | null }>(
    `SELECT max(${text}) FILTER (WHERE ${text} ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*Z$') AS newest,
            max(${identifier(loadedAt)})::timestamptz AS loaded FROM ${identifier(table)}`,
  );
  const newest = Date.parse(rows[0]?.newest ?? "");
  return {
    newest: Number.isNaN(newest) ? undefined : newest / 1000,
    loaded: rows[0]?.loaded ? rows[0].loaded.getTime() / 1000 : undefined,
  };
}

import type { Crm, HubSpotClient } from "./client.ts";

/** HubSpot's search gives no more than this many results; a new search continues where one ended. */
const searchWindow = 10_000;
const pageSize = 200;

/** Ids that changed, and what is known once they are read. */
export interface Changed {
  ids: string[];
  since: number;
  seen: string[];
}

/** What changed at or after `since`, by time of change; `seen` are those that were read at that very moment. */
export async function* changedSince(
  client: HubSpotClient,
  type: string,
  modified: string,
  from: { since: number; seen: readonly string[] },
  signal: AbortSignal,
): AsyncGenerator<Changed> {
  let since = from.since;
  let seen = [...from.seen];
  for (let start = since, after = 0; ; ) {
    const filter = { propertyName: modified, operator: "GTE", value: String(start) };
    const sorts = [{ propertyName: modified, direction: "ASCENDING" }];
    const body = { filters: [filter], sorts, limit: pageSize, after };
    const found = await client.search(type, body, signal);
    const ids: string[] = [];
    for (const record of found.records) {
      const at = changedAt(record, modified);
      const id = String(record.id ?? record.properties.hs_object_id);
      if (at < since || (at === since && seen.includes(id))) continue;
      if (at > since) seen = [];
      since = at;
      seen.push(id);
      ids.push(id);
    }
    if (ids.length > 0) yield { ids, since, seen: [...seen] };
    if (found.after === undefined) return;
    after = Number(found.after);
    if (after + pageSize <= searchWindow) continue;
    if (since === start) {
      yield* changedAtOnce(client, type, modified, since, seen, signal);
      since += 1;
      seen = [];
    }
    start = since;
    after = 0;
  }
}

/** More records of one millisecond than a search gives: by id. */
async function* changedAtOnce(
  client: HubSpotClient,
  type: string,
  modified: string,
  at: number,
  known: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Changed> {
  for (let above = "0"; ; ) {
    const filters = [
      { propertyName: modified, operator: "EQ", value: String(at) },
      { propertyName: "hs_object_id", operator: "GT", value: above },
    ];
    const sorts = [{ propertyName: "hs_object_id", direction: "ASCENDING" }];
    const { records } = await client.search(type, { filters, sorts, limit: pageSize }, signal);
    const last = records.at(-1);
    if (!last) return;
    above = String(last.id);
    const ids = records.map(({ id }) => String(id)).filter((id) => !known.includes(id));
    // The moment as a whole counts as read only afterwards: a restart in between reads it again.
    yield { ids, since: at, seen: [...known] };
  }
}

const changedAt = (record: Crm, modified: string): number =>
  Date.parse(String(record.properties[modified] ?? record.updatedAt));

import type { Clock } from "../../../../../../components/core/wait.ts";
import type { Change, Document } from "../../collections/document.ts";
import type { Schema } from "../../collections/schema.ts";
import { type Delivery, type Emit, SchemaChanged, type Source } from "../../task/source.ts";
import { changedSince } from "./changes.ts";
import type { Crm, HubSpotClient } from "./client.ts";
import type { HubSpotBinding, HubSpotPosition } from "./position.ts";
import { isDue } from "./schedule.ts";

/** What a type is called in the API, and what its documents point to. */
const types: Record<string, { modified: string; associated: string; empty: string[] }> = {
  contacts: { modified: "lastmodifieddate", associated: "companies", empty: [] },
  deals: { modified: "hs_lastmodifieddate", associated: "contacts", empty: ["engagements", "line_items"] },
};

/**
 * One binding of source-hubspot-native: a first read by id, then what changed by search and batch read, as the connector
 * does. What it does not do, and this does: a record that was archived is emitted as deleted.
 */
export class HubSpotSource implements Source {
  readonly id: string;
  readonly capture: string;
  readonly collections: readonly string[];
  readonly #binding: HubSpotBinding;
  readonly #client: HubSpotClient;
  readonly #type: { modified: string; associated: string; empty: string[] };
  readonly #fits: (document: Document) => void;
  readonly #clock: Clock;
  readonly #poll: number;
  #names: string[] = [];
  #calculated: string[] = [];
  #closed = new AbortController();

  /** @param poll seconds between two looks for changes. */
  constructor(
    binding: HubSpotBinding,
    client: HubSpotClient,
    fits: (document: Document) => void,
    clock: Clock,
    poll: number,
  ) {
    const type = types[binding.name];
    if (!type) {
      throw new Error(
        `${binding.capture}: the lab's plane captures ${Object.keys(types).join(" and ")} of HubSpot, not ${binding.name}`,
      );
    }
    this.id = `${binding.capture}|${binding.collection}`;
    this.capture = binding.capture;
    this.collections = [binding.collection];
    this.#binding = binding;
    this.#client = client;
    this.#type = type;
    this.#fits = fits;
    this.#clock = clock;
    this.#poll = poll;
  }

  async discover(): Promise<Map<string, Schema>> {
    const found = await this.#client.properties(this.#binding.name, this.#closed.signal);
    this.#names = found.map(({ name }) => name).sort();
    this.#calculated = found.filter(({ calculated }) => calculated).map(({ name }) => name);
    const text = { type: ["string", "null"] };
    const properties = Object.fromEntries(this.#names.map((name) => [name, text]));
    return new Map([
      [
        this.#binding.collection,
        { type: "object", properties: { properties: { type: "object", properties } } },
      ],
    ]);
  }

  rewind(): unknown {
    return undefined;
  }

  async run(from: unknown, emit: Emit, signal: AbortSignal, alive: () => void): Promise<void> {
    const known = from as HubSpotPosition | undefined;
    let position = known?.backfill === this.#binding.backfill ? known : this.#start();
    while (!signal.aborted) {
      await this.#sameProperties(signal);
      if (!position.complete) position = await this.#first(position, emit, signal);
      position = await this.#changed(position, emit, signal);
      position = await this.#archived(position, emit, signal);
      position = await this.#refreshed(position, emit, signal);
      alive();
      await this.#clock.sleep(this.#poll * 1000, signal);
    }
  }

  acknowledge(): void {
    // HubSpot keeps no positions.
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error(`${this.capture} was closed`));
    this.#closed = new AbortController();
  }

  #start(): HubSpotPosition {
    // A minute back, because HubSpot's clock is not ours; what is read twice changes nothing.
    const since = this.#clock.now() - 60_000;
    const { backfill } = this.#binding;
    const times = { since, archivedSince: since, refreshed: since };
    return { backfill, complete: false, seen: [], archivedSeen: [], ...times };
  }

  async #sameProperties(signal: AbortSignal): Promise<void> {
    const found = await this.#client.properties(this.#binding.name, signal);
    const names = found.map(({ name }) => name).sort();
    if (names.join() !== this.#names.join()) {
      throw new SchemaChanged(`${this.#binding.name} of HubSpot have other properties than before`);
    }
  }

  async #first(begun: HubSpotPosition, emit: Emit, signal: AbortSignal): Promise<HubSpotPosition> {
    let position = begun;
    const properties = this.#names.join(",");
    while (!position.complete) {
      const before = this.#client.bytes;
      const more: Record<string, string> = position.after === undefined ? {} : { after: position.after };
      const parameters = { properties, associations: this.#type.associated, ...more };
      const { records, after } = await this.#client.list(this.#binding.name, parameters, signal);
      const { after: _, ...rest } = position;
      position = after === undefined ? { ...rest, complete: true } : { ...rest, after };
      const changes = records.map((one) => this.#change(one, linked(one, this.#type.associated)));
      await emit(this.#delivery(changes, position, before));
    }
    return position;
  }

  async #changed(begun: HubSpotPosition, emit: Emit, signal: AbortSignal): Promise<HubSpotPosition> {
    let position = begun;
    const { name } = this.#binding;
    for await (const page of changedSince(this.#client, name, this.#type.modified, begun, signal)) {
      const before = this.#client.bytes;
      const changes: Change[] = [];
      for (let start = 0; start < page.ids.length; start += 100) {
        const ids = page.ids.slice(start, start + 100);
        const [records, associated] = await Promise.all([
          this.#client.read(name, ids, this.#names, signal),
          this.#client.associated(name, this.#type.associated, ids, signal),
        ]);
        for (const one of records) changes.push(this.#change(one, associated.get(String(one.id)) ?? []));
      }
      position = { ...position, since: page.since, seen: page.seen };
      await emit(this.#delivery(changes, position, before));
    }
    return position;
  }

  async #archived(begun: HubSpotPosition, emit: Emit, signal: AbortSignal): Promise<HubSpotPosition> {
    const gone: { id: string; at: number }[] = [];
    const before = this.#client.bytes;
    let after: string | undefined;
    do {
      const parameters: Record<string, string> = {
        archived: "true",
        ...(after === undefined ? {} : { after }),
      };
      const page = await this.#client.list(this.#binding.name, parameters, signal);
      for (const one of page.records) {
        const at = Date.parse(String(one.archivedAt));
        if (at >= begun.archivedSince) gone.push({ id: String(one.id), at });
      }
      after = page.after;
    } while (after !== undefined);
    const fresh = gone.filter(({ id, at }) => at > begun.archivedSince || !begun.archivedSeen.includes(id));
    if (fresh.length === 0) return begun;
    const archivedSince = Math.max(...gone.map(({ at }) => at));
    const archivedSeen = gone.filter(({ at }) => at === archivedSince).map(({ id }) => id);
    const position = { ...begun, archivedSince, archivedSeen };
    const changes = fresh.map(
      ({ id }): Change => ({
        collection: this.#binding.collection,
        document: { id: Number(id), archived: true, _meta: { op: "d" } },
      }),
    );
    await emit(this.#delivery(changes, position, before));
    return position;
  }

  /** HubSpot does not tell when these change, so all records are listed with them alone. */
  async #refreshed(begun: HubSpotPosition, emit: Emit, signal: AbortSignal): Promise<HubSpotPosition> {
    const now = this.#clock.now();
    const { schedule } = this.#binding;
    if (!schedule || this.#calculated.length === 0 || !isDue(schedule, begun.refreshed ?? begun.since, now))
      return begun;
    const position = { ...begun, refreshed: now };
    const asked = { properties: this.#calculated.join(","), associations: this.#type.associated };
    for (let after: string | undefined = "0"; after !== undefined; ) {
      const before = this.#client.bytes;
      const page = await this.#client.list(this.#binding.name, { ...asked, after }, signal);
      const changes = page.records.map((one) => this.#change(one, linked(one, this.#type.associated)));
      after = page.after;
      await emit(this.#delivery(changes, after === undefined ? position : begun, before));
    }
    return position;
  }

  #change(one: Crm, associated: readonly number[]): Change {
    const { associations: _, ...rest } = one;
    const properties = Object.entries(one.properties).map(([name, value]) => [
      name,
      value === "" ? null : value,
    ]);
    const document: Document = {
      ...rest,
      // HubSpot answers ids as text; the connector's documents have numbers.
      id: one.id === null || one.id === undefined ? one.id : Number(one.id),
      properties: Object.fromEntries(properties),
      [this.#type.associated]: associated,
      ...Object.fromEntries(this.#type.empty.map((name) => [name, []])),
      _meta: { op: "u" },
    };
    this.#fits(document);
    return { collection: this.#binding.collection, document };
  }

  #delivery(changes: Change[], position: HubSpotPosition, bytesBefore: number): Delivery {
    return { changes, position, bytes: this.#client.bytes - bytesBefore, backfilling: !position.complete };
  }
}

function linked(one: Crm, name: string): number[] {
  const all = one.associations as Record<string, { results: { id: string }[] }> | undefined;
  return all?.[name]?.results.map(({ id }) => Number(id)) ?? [];
}

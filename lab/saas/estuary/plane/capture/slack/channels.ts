import type { Clock } from "../../../../../../components/core/wait.ts";
import type { Change, Document } from "../../collections/document.ts";
import type { Emit, Source } from "../../task/source.ts";
import type { SlackClient } from "./client.ts";
import { difference, digestOf } from "./digest.ts";

export interface SlackBinding {
  capture: string;
  collection: string;
  backfill: number;
  /** Names of channels to read; all where there are none. */
  channels: readonly string[];
}

interface Position {
  backfill: number;
  /** Digests of the channels that the destination has. */
  known: Record<string, string>;
}

/** All channels, with the client's paging. */
export async function allChannels(client: SlackClient, only: readonly string[], signal: AbortSignal) {
  const found: Document[] = [];
  let cursor = "";
  do {
    const { items, next } = await client.channels(cursor, signal);
    found.push(...items);
    cursor = next;
  } while (cursor !== "");
  return only.length === 0 ? found : found.filter(({ name }) => only.includes(String(name)));
}

/** The stream `channels`, read whole each time; only what differs is emitted. */
export class SlackChannels implements Source {
  readonly id: string;
  readonly capture: string;
  readonly collections: readonly string[];
  readonly #binding: SlackBinding;
  readonly #client: SlackClient;
  readonly #fits: (document: Document) => void;
  readonly #clock: Clock;
  readonly #poll: number;

  /** @param poll seconds between two looks. */
  constructor(
    binding: SlackBinding,
    client: SlackClient,
    fits: (document: Document) => void,
    clock: Clock,
    poll: number,
  ) {
    this.id = `${binding.capture}|${binding.collection}`;
    this.capture = binding.capture;
    this.collections = [binding.collection];
    this.#binding = binding;
    this.#client = client;
    this.#fits = fits;
    this.#clock = clock;
    this.#poll = poll;
  }

  async discover() {
    // The connector's schemas are fixed: what is declared is all there is.
    return new Map();
  }

  rewind(): unknown {
    return undefined;
  }

  async run(from: unknown, emit: Emit, signal: AbortSignal, alive: () => void): Promise<void> {
    const { backfill, collection, channels } = this.#binding;
    const before = from as Position | undefined;
    let known = before?.backfill === backfill ? before.known : {};
    while (!signal.aborted) {
      const bytes = this.#client.bytes;
      const found = await allChannels(this.#client, channels, signal);
      for (const document of found) this.#fits(document);
      alive();
      const byId = new Map(found.map((document) => [String(document.id), document]));
      const now = Object.fromEntries([...byId].map(([id, document]) => [id, digestOf(document)]));
      const { changed, gone } = difference(known, now);
      const changes = [
        ...changed.map(
          (id): Change => ({ collection, op: "upsert", document: marked(byId.get(id) ?? {}, "u") }),
        ),
        ...gone.map(
          (id): Change => ({ collection, op: "delete", document: marked({ id }, "d"), partial: true }),
        ),
      ];
      known = now;
      if (changes.length > 0) {
        const position: Position = { backfill, known };
        await emit({ changes, position, bytes: this.#client.bytes - bytes, backfilling: false });
      }
      await this.#clock.sleep(this.#poll * 1000, signal);
    }
  }

  acknowledge(): void {
    // Slack keeps no positions.
  }

  async close(): Promise<void> {
    // Requests end with the run's signal.
  }
}

export const marked = (document: Document, op: "u" | "d"): Document => ({ ...document, _meta: { op } });

import type { Clock } from "../../../../../../components/core/wait.ts";
import type { Change, Document } from "../../collections/document.ts";
import type { Emit } from "../../task/source.ts";
import type { SlackClient } from "./client.ts";
import { difference, digestOf } from "./digest.ts";
import { marked, type SlackBinding, SlackStream } from "./stream.ts";

interface Position {
  backfill: number;
  /** Digests of the channels that the destination has. */
  known: Record<string, string>;
}

/** The stream `channels`, read whole each time; only what differs is emitted. */
export class SlackChannels extends SlackStream {
  readonly #poll: number;

  /** @param poll seconds between two looks. */
  constructor(
    binding: SlackBinding,
    client: SlackClient,
    fits: (document: Document) => void,
    clock: Clock,
    poll: number,
  ) {
    super(binding, client, fits, clock);
    this.#poll = poll;
  }

  async run(from: unknown, emit: Emit, signal: AbortSignal, alive: () => void): Promise<void> {
    const { backfill, collection } = this.binding;
    const before = from as Position | undefined;
    let known = before?.backfill === backfill ? before.known : {};
    while (!signal.aborted) {
      const bytes = this.client.bytes;
      const found = await this.channels(signal);
      for (const document of found) this.fits(document);
      alive();
      const byId = new Map(found.map((document) => [String(document.id), document]));
      const now = Object.fromEntries([...byId].map(([id, document]) => [id, digestOf(document)]));
      const { changed, gone } = difference(known, now);
      const changes = [
        ...changed.map((id): Change => ({ collection, document: marked(byId.get(id) ?? {}, "u") })),
        ...gone.map((id): Change => ({ collection, document: marked({ id }, "d") })),
      ];
      known = now;
      if (changes.length > 0) {
        const position: Position = { backfill, known };
        await emit({ changes, position, bytes: this.client.bytes - bytes, backfilling: false });
      }
      await this.clock.sleep(this.#poll * 1000, signal);
    }
  }
}

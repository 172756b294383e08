import type { Clock } from "../../../../../../components/core/wait.ts";
import type { Change, Document } from "../../collections/document.ts";
import type { Emit } from "../../task/source.ts";
import type { SlackClient } from "./client.ts";
import { difference, digestOf } from "./digest.ts";
import { marked, type SlackBinding, SlackStream } from "./stream.ts";

/** Where one channel stands. */
interface Place {
  /** Everything up to this time stamp is read. */
  read: string;
  /** Digests, by time stamp, of what the destination has of the look-back window. */
  window: Record<string, string>;
}
export interface MessagesPosition {
  backfill: number;
  channels: Record<string, Place>;
}

export interface MessagesTiming {
  /** When the history begins, seconds since 1970. */
  start: number;
  /** Days that are read again, to see what was edited or deleted. */
  lookback: number;
  /** Seconds between two looks for new messages. */
  poll: number;
  /** Seconds between two looks through the whole window. */
  review: number;
}

/** A first read goes through the history in steps of so many seconds, so that a restart loses one step at most. */
const step = 7 * 86_400;

const tsAt = (seconds: number): string => `${Math.floor(seconds)}.000000`;
/** Time stamps are compared as text: as numbers they would lose digits. All have ten digits before the dot. */
const newest = (a: string, b: string): string => (a > b ? a : b);

/**
 * The stream `channel_messages`: new messages by time stamp, edited ones by reading the look-back window again, as the
 * connector does. What it does not do, and this does: a message that is gone from the window is emitted as deleted.
 */
export class SlackMessages extends SlackStream {
  readonly #timing: MessagesTiming;

  constructor(
    binding: SlackBinding,
    client: SlackClient,
    fits: (document: Document) => void,
    clock: Clock,
    timing: MessagesTiming,
  ) {
    super(binding, client, fits, clock);
    this.#timing = timing;
  }

  async run(from: unknown, emit: Emit, signal: AbortSignal, alive: () => void): Promise<void> {
    const { backfill } = this.binding;
    const known = from as MessagesPosition | undefined;
    let position: MessagesPosition = known?.backfill === backfill ? known : { backfill, channels: {} };
    let reviewed = 0;
    while (!signal.aborted) {
      const found = await this.channels(signal);
      const review = this.clock.now() - reviewed >= this.#timing.review * 1000;
      for (const { id } of found) {
        const channel = String(id);
        position = await this.#forward(channel, position, emit, signal);
        if (review) position = await this.#review(channel, position, emit, signal);
      }
      if (review) reviewed = this.clock.now();
      alive();
      await this.clock.sleep(this.#timing.poll * 1000, signal);
    }
  }

  get #windowStart(): string {
    return tsAt(this.clock.now() / 1000 - this.#timing.lookback * 86_400);
  }

  /** Reads what is newer than what was read. */
  async #forward(
    channel: string,
    begun: MessagesPosition,
    emit: Emit,
    signal: AbortSignal,
  ): Promise<MessagesPosition> {
    let position = begun;
    for (;;) {
      const place = position.channels[channel] ?? { read: tsAt(this.#timing.start), window: {} };
      const end = Number(place.read.split(".")[0]) + step;
      // The last step has no end: what is posted meanwhile is newer than all that was read.
      const last = end >= this.clock.now() / 1000;
      const range = { oldest: place.read, ...(last ? {} : { latest: tsAt(end) }) };
      const start = this.#windowStart;
      let window = place.window;
      let read = place.read;
      let any = false;
      for (let cursor = ""; ; ) {
        const bytes = this.client.bytes;
        const { items, next } = await this.client.history(channel, { ...range, cursor }, signal);
        const documents = items.map((message) => this.#document(channel, message));
        if (documents.length > 0 && !any) {
          window = Object.fromEntries(Object.entries(window).filter(([ts]) => ts >= start));
        }
        for (const document of documents) {
          const ts = String(document.ts);
          read = newest(read, ts);
          if (ts >= start) window[ts] = digestOf(document);
        }
        any ||= documents.length > 0;
        cursor = next;
        const done = cursor === "";
        // Until the step is complete the old position holds: pages come newest first.
        if (done) position = this.#at(position, channel, { read: last ? read : tsAt(end), window });
        const changes = documents.map((document) => this.#change(marked(document, "u")));
        const delivery = { changes, position, bytes: this.client.bytes - bytes, backfilling: !last };
        if (documents.length > 0 || (done && (any || !last))) await emit(delivery);
        if (done) break;
      }
      if (last) return position;
    }
  }

  /** Reads the look-back window again, and emits what is different from what the destination has. */
  async #review(
    channel: string,
    position: MessagesPosition,
    emit: Emit,
    signal: AbortSignal,
  ): Promise<MessagesPosition> {
    const place = position.channels[channel];
    if (!place) return position;
    const start = this.#windowStart;
    const bytes = this.client.bytes;
    const documents = new Map<string, Document>();
    for (let cursor = ""; ; ) {
      const { items, next } = await this.client.history(channel, { oldest: start, cursor }, signal);
      for (const message of items) {
        const document = this.#document(channel, message);
        // What is newer is not read yet, and not the window's business.
        if (String(document.ts) <= place.read) documents.set(String(document.ts), document);
      }
      cursor = next;
      if (cursor === "") break;
    }
    const was = Object.fromEntries(Object.entries(place.window).filter(([ts]) => ts > start));
    const is = Object.fromEntries([...documents].map(([ts, document]) => [ts, digestOf(document)]));
    const { changed, gone } = difference(was, is);
    if (changed.length === 0 && gone.length === 0) return position;
    const changes = [
      ...changed.map((ts) => this.#change(marked(documents.get(ts) ?? {}, "u"))),
      ...gone.map((ts) => this.#change(marked({ channel_id: channel, ts }, "d"))),
    ];
    const after = this.#at(position, channel, { read: place.read, window: is });
    await emit({ changes, position: after, bytes: this.client.bytes - bytes, backfilling: false });
    return after;
  }

  #document(channel: string, message: Document): Document {
    const document = { ...message, channel_id: channel };
    this.fits(document);
    return document;
  }

  #change(document: Document): Change {
    return { collection: this.binding.collection, document };
  }

  #at(position: MessagesPosition, channel: string, place: Place): MessagesPosition {
    return { ...position, channels: { ...position.channels, [channel]: place } };
  }
}

import type { Clock } from "../../../../../../components/core/wait.ts";
import type { Document } from "../../collections/document.ts";
import type { Emit, Source } from "../../task/source.ts";
import type { SlackClient } from "./client.ts";

export interface SlackBinding {
  capture: string;
  collection: string;
  backfill: number;
  /** Names of channels to read; all where there are none. */
  channels: readonly string[];
}

/** What the streams of a workspace have in common. */
export abstract class SlackStream implements Source {
  readonly id: string;
  readonly capture: string;
  readonly collections: readonly string[];
  protected readonly binding: SlackBinding;
  protected readonly client: SlackClient;
  protected readonly fits: (document: Document) => void;
  protected readonly clock: Clock;

  /** @param fits throws where a document is not as its collection's schema says */
  constructor(binding: SlackBinding, client: SlackClient, fits: (document: Document) => void, clock: Clock) {
    this.id = `${binding.capture}|${binding.collection}`;
    this.capture = binding.capture;
    this.collections = [binding.collection];
    this.binding = binding;
    this.client = client;
    this.fits = fits;
    this.clock = clock;
  }

  abstract run(from: unknown, emit: Emit, signal: AbortSignal, alive: () => void): Promise<void>;

  async discover() {
    // The connector's schemas are fixed: what is declared is all there is.
    return new Map();
  }

  rewind(): unknown {
    return undefined;
  }

  acknowledge(): void {
    // Slack keeps no positions.
  }

  async close(): Promise<void> {
    // Requests end with the run's signal.
  }

  /** The binding's channels, with the client's paging. */
  protected async channels(signal: AbortSignal): Promise<Document[]> {
    const only = this.binding.channels;
    const found: Document[] = [];
    let cursor = "";
    do {
      const { items, next } = await this.client.channels(cursor, signal);
      found.push(...items);
      cursor = next;
    } while (cursor !== "");
    return only.length === 0 ? found : found.filter(({ name }) => only.includes(String(name)));
  }
}

/** A document with what happened to it, in Estuary's letters: `u` for new or changed, `d` for deleted. */
export const marked = (document: Document, op: "u" | "d"): Document => ({ ...document, _meta: { op } });

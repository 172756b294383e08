import { Faults } from "../kit/faults.ts";
import { RateLimit } from "../kit/limit.ts";
import { type Fields, type Seed, Store } from "./store.ts";

export interface SlackOptions {
  /** Bot token that is accepted. */
  token: string;
  /** Default: seed 1, 3,000 messages in 8 channels over 90 days, now. */
  seed?: Partial<Seed>;
  /**
   * How many times faster than Slack's own the rate limits are: 20 calls a minute of `conversations.list`, 50 of
   * `conversations.history`. Default 60; `null` for no limits.
   */
  speed?: number | null;
}

/** The workspace that all requests of this process see. */
export class Slack {
  readonly faults = new Faults();
  readonly journal: string[] = [];
  readonly token: string;
  readonly limits: Record<string, RateLimit>;
  store: Store;
  /** Every answer of `conversations.history` has this message instead of the right one. */
  poisoned: { channel: string; ts: string; fields: Fields } | undefined;
  /** What each answer of `conversations.history` has of every message beside, or no more. */
  schema: { add: Fields; remove: readonly string[] } = { add: {}, remove: [] };
  #seed: Seed;

  constructor(options: SlackOptions) {
    this.token = options.token;
    const speed = options.speed === undefined ? 60 : options.speed;
    const limit = (requests: number) => new RateLimit({ requests: requests * (speed ?? 1), seconds: 60 });
    this.limits =
      speed === null ? {} : { "conversations.list": limit(20), "conversations.history": limit(50) };
    this.#seed = { seed: 1, size: 3000, channels: 8, days: 90, now: Date.now(), ...options.seed };
    this.store = new Store(this.#seed);
  }

  /** Forgets all that happened; what is not named stays as it was. */
  reset(seed: Partial<Seed> = {}): void {
    this.#seed = { ...this.#seed, now: Date.now(), ...seed };
    this.store = new Store(this.#seed);
    this.faults.clear();
    this.poisoned = undefined;
    this.schema = { add: {}, remove: [] };
    this.journal.length = 0;
  }
}

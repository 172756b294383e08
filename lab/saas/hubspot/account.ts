import { Faults } from "../kit/faults.ts";
import { type Rate, RateLimit } from "../kit/limit.ts";
import { Auth, type HubSpotCredentials } from "./auth.ts";
import { type Seed, Store } from "./store.ts";

export interface HubSpotOptions {
  credentials: HubSpotCredentials;
  /** Default: seed 1, 2,000 records, now. */
  seed?: Partial<Seed>;
  /** Default: 190 requests in 10 s, as of a paid account; `null` for none. */
  rate?: Rate | null;
}

/** The account that all requests of this process see. */
export class HubSpot {
  readonly auth: Auth;
  readonly faults = new Faults();
  readonly limit: RateLimit | undefined;
  readonly journal: string[] = [];
  store: Store;
  #seed: Seed;

  constructor(options: HubSpotOptions) {
    this.auth = new Auth(options.credentials);
    this.limit =
      options.rate === null ? undefined : new RateLimit(options.rate ?? { requests: 190, seconds: 10 });
    this.#seed = { seed: 1, size: 2000, now: Date.now(), ...options.seed };
    this.store = new Store(this.#seed);
  }

  /** Forgets all that happened; what is not named stays as it was. */
  reset(seed: Partial<Seed> = {}): void {
    this.#seed = { ...this.#seed, now: Date.now(), ...seed };
    this.store = new Store(this.#seed);
    this.faults.clear();
    this.journal.length = 0;
  }
}

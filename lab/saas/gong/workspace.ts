import { accountOf, call, callId, callOf, type GongCall, type Size, transcript, user } from "./content.ts";
import { applied, type Mutation } from "./mutations.ts";
import { below, randomOf } from "./random.ts";
import { type Filter, type Page, type Source, transcriptsOf } from "./source.ts";

export type SeedOptions = Partial<Omit<Size, "calls">> & { size?: number };

/** What `change` does: so many of the newest records, or the calls with these ids. */
export interface Change {
  /** New calls, which began just now. */
  add?: number;
  /** Calls that get another title, summary and transcript. */
  update?: number | string[];
  delete?: number | string[];
  /** Users that get another name, and users that are gone. */
  updateUsers?: number;
  deleteUsers?: number;
  addUsers?: number;
  /** Companies whose record in the CRM changes. */
  updateAccounts?: number;
}

const day = 86_400_000;
/** Objects that the CRM has of a company: itself, and a deal. */
const crmOf = 2;

/**
 * A Gong account. Its calls follow from the seed, so that a hundred thousand of them take no memory; only what was
 * changed by command is kept.
 */
export class Workspace implements Source {
  #size: Size;
  readonly #now: () => number;
  #added: number[] = [];
  #versions = new Map<string, number>();
  #deleted = new Set<string>();
  #mutations: Mutation[] = [];

  constructor(now: () => number = Date.now, seed: SeedOptions = {}) {
    this.#now = now;
    this.#size = this.seed(seed);
  }

  /** Starts again with other records. */
  seed({ size = 250, ...more }: SeedOptions = {}): Size {
    this.#size = {
      seed: 1,
      calls: size,
      days: 30,
      until: this.#now() - 3_600_000,
      utterances: 24,
      users: Math.min(500, Math.max(5, Math.ceil(size / 200))),
      accounts: Math.max(3, Math.ceil(size / 20)),
      ...more,
    };
    this.#added = [];
    this.#versions.clear();
    this.#deleted.clear();
    this.#mutations = [];
    return this.#size;
  }

  /** Records that are there now. CRM objects: all that calls were ever about, as Gong deletes none with its call. */
  counts(): { calls: number; users: number; crmObjects: number } {
    const gone = (kind: string) => [...this.#deleted].filter((key) => key.startsWith(kind)).length;
    return {
      calls: this.#size.calls + this.#added.length - gone("call:"),
      users: this.#size.users - gone("user:"),
      crmObjects:
        crmOf * new Set(Array.from({ length: this.#calls() }, (_, n) => accountOf(this.#size, n))).size,
    };
  }

  /** @returns ids of the calls that were touched */
  change(change: Change): { added: string[]; updated: string[]; deleted: string[] } {
    const newest = (wanted: number | string[] = []) => {
      if (typeof wanted !== "number") return wanted.map((id) => this.#known(id));
      const found: number[] = [];
      for (let n = this.#calls() - 1; n >= 0 && found.length < wanted; n -= 1)
        if (!this.#deleted.has(`call:${n}`)) found.push(n);
      return found;
    };
    const updated = newest(change.update);
    for (const n of updated) this.#bump(`call:${n}`);
    const deleted = newest(change.delete);
    for (const n of deleted) this.#deleted.add(`call:${n}`);
    const first = this.#calls();
    const moment = this.#now();
    for (let i = 0; i < (change.add ?? 0); i += 1) this.#added.push(moment - i);
    this.#size = { ...this.#size, users: this.#size.users + (change.addUsers ?? 0) };
    for (let n = 0; n < (change.updateUsers ?? 0); n += 1) this.#bump(`user:${n}`);
    for (let n = 0; n < (change.deleteUsers ?? 0); n += 1)
      this.#deleted.add(`user:${this.#size.users - 1 - n}`);
    for (let n = 0; n < (change.updateAccounts ?? 0); n += 1) this.#bump(`account:${n}`);
    const added = Array.from({ length: change.add ?? 0 }, (_, i) => callId(first + i));
    return { added, updated: updated.map(callId), deleted: deleted.map(callId) };
  }

  /** Makes records differ from the documentation, until the next call or seed. */
  mutate(mutations: Mutation[]): void {
    this.#mutations = mutations;
  }

  calls(filter: Filter, from: number, count: number): Page<GongCall> {
    const matching = filter.callIds ? this.#among(filter) : this.#within(filter);
    const ahead = matching.filter((n) => n >= from);
    return {
      items: ahead.slice(0, count).map((n) => this.#call(n)),
      total: matching.length,
      next: ahead[count],
    };
  }

  transcripts(...asked: Parameters<Source["transcripts"]>): Page<object> {
    const { items, ...page } = transcriptsOf(this.calls(...asked));
    return { ...page, items: items.map((record) => applied(this.#mutations, "transcripts", record)) };
  }

  users(from: number, count: number): Page<ReturnType<typeof user>> {
    const all = Array.from({ length: this.#size.users }, (_, n) => n).filter(
      (n) => !this.#deleted.has(`user:${n}`),
    );
    const ahead = all.filter((n) => n >= from);
    const items = ahead
      .slice(0, count)
      .map((n) => applied(this.#mutations, "users", user(this.#size, n, this.#version(`user:${n}`))));
    return { items, total: all.length, next: ahead[count] };
  }

  #calls = () => this.#size.calls + this.#added.length;
  #version = (key: string) => this.#versions.get(key) ?? 0;
  #bump = (key: string) => this.#versions.set(key, this.#version(key) + 1);
  #spacing = () => (this.#size.days * day) / Math.max(1, this.#size.calls);

  #known(id: string): number {
    const n = callOf(id);
    if (n === undefined || n >= this.#calls()) throw new Error(`no call has the id ${id}`);
    return n;
  }

  #started(n: number): number {
    const { calls, until } = this.#size;
    if (n >= calls) return this.#added[n - calls] ?? until;
    return Math.round(until - (calls - 1 - n) * this.#spacing());
  }

  #within({ fromDateTime, toDateTime }: Filter): number[] {
    const from = fromDateTime === undefined ? Number.NEGATIVE_INFINITY : Date.parse(fromDateTime);
    const to = toDateTime === undefined ? Number.POSITIVE_INFINITY : Date.parse(toDateTime);
    const { calls, until } = this.#size;
    const near = (at: number) => calls - 1 - (until - at) / this.#spacing();
    const first = Math.max(0, Math.floor(near(from)) - 1);
    const last = Math.min(calls - 1, Math.ceil(near(to)) + 1);
    const found: number[] = [];
    const consider = (n: number) => {
      const started = this.#started(n);
      if (started >= from && started < to && !this.#deleted.has(`call:${n}`)) found.push(n);
    };
    for (let n = first; n <= last; n += 1) consider(n);
    for (let n = calls; n < this.#calls(); n += 1) consider(n);
    return found;
  }

  #among({ callIds = [], ...rest }: Filter): number[] {
    const from = rest.fromDateTime === undefined ? Number.NEGATIVE_INFINITY : Date.parse(rest.fromDateTime);
    const to = rest.toDateTime === undefined ? Number.POSITIVE_INFINITY : Date.parse(rest.toDateTime);
    return [...new Set(callIds)]
      .flatMap((id) => callOf(id) ?? [])
      .filter((n) => n < this.#calls() && !this.#deleted.has(`call:${n}`))
      .filter((n) => this.#started(n) >= from && this.#started(n) < to)
      .sort((a, b) => a - b);
  }

  #call(n: number): GongCall {
    const version = this.#version(`call:${n}`);
    const crm = this.#version(`account:${accountOf(this.#size, n)}`);
    const plain = call(this.#size, n, this.#started(n), version, crm);
    // Made only when it is asked for.
    const said = { get: () => transcript(this.#size, n, version), enumerable: false, configurable: true };
    return Object.defineProperty(applied(this.#mutations, "calls", plain), "transcript", said);
  }

  /** A call that is there, by chance; the same for the same seed. */
  anyCall(pick = 0): string {
    return callId(below(randomOf(this.#size.seed, 99, pick), this.#size.calls));
  }
}

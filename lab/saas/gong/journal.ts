export interface Entry {
  /** Milliseconds. */
  at: number;
  method: string;
  path: string;
  /** 0 where the connection was broken on command. */
  status: number;
}

/** Requests as they came: the newest of them, and how many had which status. */
export class Journal {
  readonly #now: () => number;
  #entries: Entry[] = [];
  #statuses: Record<string, number> = {};

  constructor(now: () => number) {
    this.#now = now;
  }

  note(method: string, path: string, status: number): void {
    this.#entries.push({ at: this.#now(), method, path, status });
    if (this.#entries.length > 5000) this.#entries = this.#entries.slice(-2500);
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Requests by status. */
  get statuses(): Readonly<Record<string, number>> {
    return this.#statuses;
  }

  clear(): void {
    this.#entries = [];
    this.#statuses = {};
  }
}

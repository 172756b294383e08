import type { Incident } from "../backend/context.ts";

export interface RequestEntry {
  kind: "request";
  number: number;
  /** Emulated Unix milliseconds. */
  at: number;
  method: string;
  path: string;
  operation: string;
  /** The JSON body, with user data replaced by its length. */
  body: unknown;
  /** Absent while it is under way, and when the connection was cut. */
  status?: number;
  /** Error code of the answer. */
  code?: string;
  fault?: string;
}

export type Entry = RequestEntry | (Incident & { number: number; at: number });

const kept = 5000;

/** What was asked and what came to pass, in order; the oldest entries are forgotten. */
export class Journal {
  #entries: Entry[] = [];
  #last = 0;

  request(entry: Omit<RequestEntry, "kind" | "number">): RequestEntry {
    const added: RequestEntry = { kind: "request", number: this.#next(), ...entry, body: redact(entry.body) };
    this.#push(added);
    return added;
  }

  incident(at: number, incident: Incident): void {
    this.#push({ ...incident, number: this.#next(), at });
  }

  /** Entries with a higher number than `since`. */
  list(since = 0): Entry[] {
    return this.#entries.filter(({ number }) => number > since);
  }

  clear(): void {
    this.#entries = [];
  }

  #next(): number {
    this.#last += 1;
    return this.#last;
  }

  #push(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#entries.length > kept) this.#entries.shift();
  }
}

function redact(body: unknown): unknown {
  if (typeof body !== "object" || body === null || !("user_data" in body)) return body;
  return { ...body, user_data: `(${String(body.user_data).length} characters)` };
}

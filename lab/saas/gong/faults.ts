import type { ServerResponse } from "node:http";

/** What comes instead of an answer. */
export interface Fault {
  /**
   * A status, a connection that breaks in the middle of the answer, one on which nothing comes, an answer as if nothing
   * matched, or cursors that hold no longer.
   */
  kind: "status" | "drop" | "hang" | "empty" | "cursor";
  status?: number;
  /** Seconds, or a date as HTTP writes it; with 429. */
  retryAfter?: number | string;
  /** How often. Default 1; -1 until it is taken back. */
  times?: number;
  /** Only requests of this path, such as `/v2/users`. */
  path?: string;
  /** Only requests that have a cursor. */
  paged?: boolean;
  /** So many requests are let through first. */
  after?: number;
}

export type Refuse = (status: number, errors: string[], headers?: Record<string, string>) => void;

/** Faults on command, in the order given; each is spent before the next. */
export class Faults {
  #waiting: Required<Pick<Fault, "times" | "after">>[] = [];

  set(faults: Fault[]): void {
    this.#waiting = faults.map((fault) => ({ times: 1, after: 0, ...fault }));
  }

  add(...faults: Fault[]): void {
    this.#waiting.push(...faults.map((fault) => ({ times: 1, after: 0, ...fault })));
  }

  /** The fault that this request meets. @param paged whether it has a cursor */
  next(path: string, paged: boolean): Fault | undefined {
    const found = (this.#waiting as (Fault & { times: number; after: number })[]).find(
      ({ kind, times, ...fault }) =>
        times !== 0 &&
        (fault.path === undefined || fault.path === path) &&
        (paged || !(kind === "cursor" || fault.paged)),
    );
    if (!found) return undefined;
    if (found.after > 0) {
      found.after -= 1;
      return undefined;
    }
    if (found.times > 0) found.times -= 1;
    return found;
  }
}

/** @returns whether the fault was the whole answer */
export function suffer(fault: Fault, response: ServerResponse, refuse: Refuse): boolean {
  if (fault.kind === "drop") {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write('{"requestId":', () => response.destroy());
    return true;
  }
  // Until the client closes the connection.
  if (fault.kind === "hang") return true;
  if (fault.kind === "empty") {
    refuse(404, ["No records found corresponding to the provided filters"]);
    return true;
  }
  if (fault.kind === "cursor") return false;
  const { status = 503, retryAfter = 1 } = fault;
  refuse(
    status,
    [`Fault on command (${status})`],
    status === 429 ? { "retry-after": String(retryAfter) } : {},
  );
  return true;
}

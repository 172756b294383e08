import type { z } from "zod";
import type { Quirks } from "../backend/quirks.ts";
import type {
  Account,
  Capacity,
  FileSystem,
  Instance,
  Limits,
  PlannedOutcome,
  State,
  Status,
  Transitions,
} from "../store/state.ts";
import type { Fault, fault } from "../wire/faults.ts";
import type { Entry } from "../wire/journal.ts";

/** Commands an emulator, in this process or another. */
export class ControlClient {
  readonly #url: string;

  /** @param origin Like `http://127.0.0.1:8080`. */
  constructor(origin: string) {
    this.#url = `${origin}/_lab`;
  }

  state = (): Promise<State> => this.#call("GET", "/state");
  /** An empty account; every machine of the lab is removed before it returns. */
  reset = (seed?: string): Promise<void> => this.#call("POST", "/reset", seed === undefined ? {} : { seed });
  seed = (seed: string): Promise<void> => this.#call("PUT", "/seed", { seed });
  clock = (): Promise<{ now: number; speed: number }> => this.#call("GET", "/clock");
  /** Emulated seconds per real second; 0 stands still. */
  setSpeed = (speed: number): Promise<void> => this.#call("PUT", "/clock", { speed });
  /** Lets emulated seconds pass; when it returns, all that was due by then has happened. */
  advance = (seconds: number): Promise<void> => this.#call("POST", "/clock/advance", { seconds });
  setCapacity = (change: Capacity): Promise<Capacity> => this.#call("PUT", "/capacity", change);
  setTransitions = (change: Partial<Transitions>): Promise<Transitions> =>
    this.#call("PUT", "/transitions", change);
  setQuirks = (change: Partial<Quirks>): Promise<Quirks> => this.#call("PUT", "/quirks", change);
  setLimits = (change: Partial<Limits>): Promise<Limits> => this.#call("PUT", "/limits", change);
  setAccount = (change: {
    standing?: Account["standing"];
    quotas?: Partial<Account["quotas"]>;
  }): Promise<Account> => this.#call("PUT", "/account", change);
  /** Says how the next launches will end. */
  plan = (outcome: Omit<PlannedOutcome, "next"> & { next?: number }): Promise<PlannedOutcome[]> =>
    this.#call("POST", "/outcomes", outcome);
  force = (id: string, status: Status): Promise<Instance> =>
    this.#call("PUT", `/instances/${id}`, { status });
  /** What Lambda says that a file system holds. */
  setBytesUsed = (id: string, bytesUsed: number): Promise<FileSystem> =>
    this.#call("PUT", `/file-systems/${id}`, { bytesUsed });
  faults = (): Promise<Fault[]> => this.#call("GET", "/faults");
  addFault = (added: z.input<typeof fault>): Promise<Fault[]> => this.#call("POST", "/faults", added);
  clearFaults = (): Promise<Fault[]> => this.#call("DELETE", "/faults");
  /** Entries with a number above `since`. */
  journal = (since = 0): Promise<Entry[]> => this.#call("GET", `/journal?since=${since}`);
  clearJournal = (): Promise<Entry[]> => this.#call("DELETE", "/journal");

  async #call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(this.#url + path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const answer: T & { error?: string } = JSON.parse(await response.text());
    if (!response.ok)
      throw new Error(`${method} /_lab${path} was refused with ${response.status}: ${answer.error}`);
    return answer;
  }
}

import type { Clock } from "../../../components/core/wait.ts";
import { createClient } from "../../../lambda/client/client.ts";
import type { Journal } from "../../../lambda/client/journal.ts";
import { unlimited } from "../../../lambda/client/limiter.ts";
import type { Context, Timing } from "../../../lambda/reconcile/context.ts";
import type { TestCloud } from "../../cloud/support/cloud.ts";
import { type Death, mortal } from "../../support/mortal.ts";

export const timing: Timing = {
  bootDeadline: 1500,
  terminateDeadline: 900,
  pollInterval: 60,
  settleDeadline: 180,
  unhealthyReplacements: 2,
};

/** Time of the emulator and of all that talks to it: it passes only when somebody sleeps. */
export class SharedTime implements Clock {
  #now = 0;
  readonly #cloud: TestCloud;
  constructor(cloud: TestCloud) {
    this.#cloud = cloud;
  }
  now = (): number => this.#now;
  async sleep(ms: number): Promise<void> {
    this.#now += ms;
    await this.#cloud.control.advance(ms / 1000);
  }
}

export interface ProcessOptions {
  clock: Clock;
  journal: Journal;
  death?: Death | undefined;
  timing?: Partial<Timing> | undefined;
  /** Default: the account's. */
  apiKey?: string | undefined;
}

export interface ProviderProcess {
  context: Context;
  /** Requests sent, in order. */
  requests: string[];
  /** What it said. */
  lines: string[];
  died: Promise<"died">;
}

/** A provider process, which may die. */
export async function startProcess(cloud: TestCloud, options: ProcessOptions): Promise<ProviderProcess> {
  const { clock, journal, death } = options;
  const lines: string[] = [];
  const { died, requests, alive, send } = mortal(
    death,
    (input, init) => `${init?.method} ${new URL(String(input)).pathname}`,
  );
  const whileAlive =
    <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      await alive();
      return await work(...args);
    };
  const time: Clock = { now: () => clock.now(), sleep: whileAlive((ms: number) => clock.sleep(ms)) };
  const api = await createClient({
    apiUrl: cloud.cloud.url,
    apiKey: options.apiKey ?? cloud.key,
    requestsPerSecond: 1,
    launchSpacing: 12,
    clock: time,
    fetch: send,
    limiters: { all: unlimited, launch: unlimited },
  });
  const context: Context = {
    api,
    clock: time,
    journal: {
      sent: whileAlive((subject: string) => journal.sent(subject)),
      settled: whileAlive((subject: string) => journal.settled(subject)),
      unanswered: whileAlive((subject: string) => journal.unanswered(subject)),
    },
    timing: { ...timing, ...options.timing },
    log: (line) => lines.push(line),
  };
  return { context, requests, lines, died };
}

import type { dynamic } from "@pulumi/pulumi";
import type { Clock } from "../../../components/core/wait.ts";
import { createClient } from "../../../lambda/client/client.ts";
import type { Journal } from "../../../lambda/client/journal.ts";
import type { Context, Timing } from "../../../lambda/reconcile/context.ts";
import type { TestCloud } from "../../cloud/support/cloud.ts";
import { unlimited } from "../../support/lambda/limiter.ts";
import { type Death, type Mortal, mortal } from "../../support/mortal.ts";

const timing: Timing = {
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
  /** Call before it is read: the emulator's time did not begin at zero. */
  async start(): Promise<void> {
    if (this.#now === 0) this.#now = (await this.#cloud.control.clock()).now;
  }
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
  /** What the settings adopt. Default: nothing. */
  adoptions?: Context["adoptions"] | undefined;
  /** Default: the account's. */
  apiKey?: string | undefined;
}

export interface ProviderProcess {
  context: Context;
  /** Requests sent, in order. */
  requests: string[];
  /** How many moments to die in there were. */
  moments: Mortal["moments"];
  /** A provider that may die when it is done, before the engine hears of it. */
  answering(provider: dynamic.ResourceProvider): dynamic.ResourceProvider;
  /** What it said. */
  lines: string[];
  died: Promise<"died">;
}

type Method = (...args: unknown[]) => Promise<unknown>;

const answeringAt =
  (answer: () => Promise<void>) =>
  (provider: dynamic.ResourceProvider): dynamic.ResourceProvider => {
    const methods = Object.entries(provider).map(([name, method]: [string, Method]) => {
      const answered: Method = async (...args) => {
        try {
          return await method(...args);
        } finally {
          await answer();
        }
      };
      return [name, ["create", "read", "update", "delete"].includes(name) ? answered : method];
    });
    return Object.fromEntries(methods);
  };

/** A provider process, which may die. */
export async function startProcess(cloud: TestCloud, options: ProcessOptions): Promise<ProviderProcess> {
  const { clock, journal, death } = options;
  if (clock instanceof SharedTime) await clock.start();
  const lines: string[] = [];
  const { died, requests, moments, at, send } = mortal(
    death,
    (input, init) => `${init?.method} ${new URL(String(input)).pathname}`,
  );
  const noting =
    <Result>(work: (subject: string) => Promise<Result>) =>
    async (subject: string): Promise<Result> => {
      await at("journal");
      const result = await work(subject);
      await at("noted");
      return result;
    };
  const time: Clock = {
    now: () => clock.now(),
    sleep: async (ms) => {
      await at("wait");
      await clock.sleep(ms);
    },
  };
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
      sent: noting((subject) => journal.sent(subject)),
      settled: noting((subject) => journal.settled(subject)),
      unanswered: noting((subject) => journal.unanswered(subject)),
    },
    timing: { ...timing, ...options.timing },
    adoptions: options.adoptions ?? [],
    log: (line) => lines.push(line),
  };
  return { context, requests, moments, lines, died, answering: answeringAt(() => at("answer")) };
}

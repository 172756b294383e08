import { LogicalReplicationService, type Pgoutput, PgoutputPlugin } from "pg-logical-replication";
import type { PostgresEndpoint } from "../../net/postgres.ts";
import { lsnText, lsnValue } from "./lsn.ts";

export type Message = Pgoutput.Message;

/** Values stay text, and what arrived is counted, so that it is known when all of it is dealt with. */
class TextPlugin extends PgoutputPlugin {
  arrived = 0;

  override parse(buffer: Buffer): Message {
    const message = super.parse(buffer);
    this.arrived += 1;
    if (message.tag === "relation")
      for (const column of message.columns) column.parser = (raw: unknown) => raw;
    return message;
  }
}

/** How often PostgreSQL hears from us: well within its wal_sender_timeout of 60 s. */
const reportEvery = 5_000;

export interface StreamOptions {
  endpoint: PostgresEndpoint;
  slot: string;
  publication: string;
  /** Where to begin; what was acknowledged before it is not sent again. */
  from: string;
  signal: AbortSignal;
  /** Messages come one at a time: the next waits until this one is dealt with. */
  handle(message: Message): Promise<void>;
  /** All that was sent is dealt with, and the log is read up to here. */
  idle(lsn: string): void;
  /** Up to where everything is safe in the destination. */
  safe(): string;
}

/** Follows the slot until the signal aborts; rejects with what broke. */
export async function follow(options: StreamOptions): Promise<void> {
  const { endpoint, slot, publication, from, signal } = options;
  // An abort that came before nobody would hear.
  signal.throwIfAborted();
  const plugin = new TextPlugin({ protoVersion: 1, publicationNames: [publication] });
  const service = new LogicalReplicationService(endpoint.config, {
    // The library would acknowledge what merely arrived.
    acknowledge: { auto: false, timeoutSeconds: 0 },
    flowControl: { enabled: true },
  });
  let handled = 0;
  // One less than what is meant: the library adds one, and PostgreSQL would then skip a commit that begins there.
  const report = () =>
    void service.acknowledge(lsnText(lsnValue(options.safe()) - 1n)).catch(() => {
      // The connection is gone; the subscription ends with it, and says so.
    });
  let fail: (error: unknown) => void = () => {};
  const broken = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const stop = () => fail(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  service.on("error", (error: Error) => fail(error));
  service.on("data", async (_: string, message: Message) => {
    try {
      await options.handle(message);
      handled += 1;
    } catch (error) {
      fail(error);
      // Never comes back: what follows must not overtake what failed.
      await new Promise(() => {});
    }
  });
  service.on("heartbeat", (lsn: string, _: number, asked: boolean) => {
    if (plugin.arrived === handled) options.idle(lsn);
    if (asked) report();
  });
  const timer = setInterval(report, reportEvery);
  try {
    const ended = service.subscribe(plugin, slot, from).then(() => {
      throw new Error(`PostgreSQL ended the replication of slot ${slot}`);
    });
    await Promise.race([ended, broken]);
  } finally {
    clearInterval(timer);
    signal.removeEventListener("abort", stop);
    if (!signal.aborted) report();
    service.removeAllListeners("data");
    service.on("error", () => {
      // Already ending; the first error is the one that counts.
    });
    await service.stop().catch(() => {
      // Ending a broken connection may fail; it is gone either way.
    });
  }
}

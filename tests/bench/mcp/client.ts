/**
 * Clients that call as fast as they are answered. As a program of its own it runs in the MCP node's network: it says that it
 * is ready, takes one `Load` a line, and prints one `Measured` a line. It needs nothing but Node.js.
 */
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { connect as connectTls } from "node:tls";
import { type Answer, Answers } from "./answers.ts";

/** Where clients connect to. */
export interface Door {
  host: string;
  port: number;
  /** Name of the host in the certificate, and PEM of who signed it. Left out: no TLS. */
  tls?: { name: string; ca: string };
}

/** What is called, and for how long. */
export interface Load {
  door: Door;
  /** Whole requests; the clients take turns. */
  requests: string[];
  clients: number;
  /** Seconds that count, after those that do not. */
  seconds: number;
  warmUp: number;
}

export interface Measured {
  /** Calls that counted, and all that were sent. */
  calls: number;
  sent: number;
  failed: number;
  /** What the first failed call got. */
  failure?: string;
  /** Milliseconds. */
  p50: number;
  p95: number;
  perSecond: number;
}

interface Waiting {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

/** Calls that follow each other on a kept connection: another one where the server closes it, as Nginx does after 1000. */
export class Client {
  readonly #door: Door;
  #socket: Socket | undefined;
  #waiting: Waiting | undefined;

  constructor(door: Door) {
    this.#door = door;
    this.#socket = this.#connect();
  }

  #connect(): Socket {
    const { host, port, tls } = this.#door;
    const answers = new Answers();
    const socket = tls
      ? connectTls({ host, port, servername: tls.name, ca: tls.ca })
      : connect({ host, port });
    socket.setNoDelay(true);
    socket.setTimeout(30_000, () => socket.destroy(new Error("no answer within 30 s")));
    socket.on("data", (chunk: Buffer) => {
      const answer = answers.take(chunk);
      if (!answer) return;
      if (answer.closes) this.#leave(socket);
      this.#settle(({ resolve }) => resolve(answer));
    });
    const failed = (error: Error) => {
      if (this.#socket !== socket) return;
      this.#leave(socket);
      this.#settle(({ reject }) => reject(error));
    };
    socket.on("error", failed);
    socket.on("end", () => failed(new Error("the connection was closed")));
    socket.on("close", () => failed(new Error("the connection was closed")));
    return socket;
  }

  #leave(socket: Socket): void {
    this.#socket = undefined;
    socket.destroy();
  }

  #settle(how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) how(waiting);
  }

  /** @throws when the connection fails or is closed before the answer */
  call(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket ??= this.#connect();
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#waiting = undefined;
    if (this.#socket) this.#leave(this.#socket);
  }
}

/** What is wrong with an answer, if it is none to a call. */
export const faultOf = ({ status, body }: Answer): string | undefined =>
  status === 200 && body.includes('"result"') && !body.includes('"isError":true')
    ? undefined
    : `${status} ${body.slice(0, 300)}`;

const at = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;

async function measure(load: Load): Promise<Measured> {
  const start = performance.now() + load.warmUp * 1000;
  const end = start + load.seconds * 1000;
  const took: number[] = [];
  let [sent, failed, failure]: [number, number, string | undefined] = [0, 0, undefined];
  const work = async (request: string) => {
    const client = new Client(load.door);
    for (let now = performance.now(); now < end; ) {
      sent += 1;
      let fault: string | undefined;
      try {
        fault = faultOf(await client.call(request));
      } catch (error) {
        fault = String(error);
      }
      const then = performance.now();
      if (fault !== undefined) {
        failed += 1;
        failure ??= fault;
      } else if (now >= start && then <= end) took.push(then - now);
      now = then;
    }
    client.close();
  };
  await Promise.all(
    Array.from({ length: load.clients }, (_, index) =>
      work(load.requests[index % load.requests.length] ?? ""),
    ),
  );
  took.sort((a, b) => a - b);
  return {
    calls: took.length,
    sent,
    failed,
    ...(failure !== undefined && { failure }),
    p50: at(took, 0.5),
    p95: at(took, 0.95),
    perSecond: took.length / load.seconds,
  };
}

if (import.meta.main) {
  process.stdout.write("ready\n");
  for await (const line of createInterface(process.stdin)) {
    process.stdout.write(`${JSON.stringify(await measure(JSON.parse(line) as Load))}\n`);
  }
}

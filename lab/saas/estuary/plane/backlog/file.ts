import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { RawJson } from "../collections/document.ts";
import type { Delivery } from "../task/source.ts";

/** What stands for JSON that is kept as the text it came as; documents have no other objects with this key alone. */
const rawKey = "#json";

const encoded = (value: unknown): string =>
  `${JSON.stringify(value, function (this: Record<string, unknown>, key, simple) {
    const own = this[key];
    return own instanceof RawJson ? { [rawKey]: own.text } : simple;
  })}\n`;

const decoded = (line: string): unknown =>
  JSON.parse(line, (_, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    const [only, ...others] = Object.entries(value);
    return others.length === 0 && only?.[0] === rawKey ? new RawJson(String(only[1])) : value;
  });

interface Head {
  id: string;
  /** Where its source stood before the first delivery; absent: at its beginning. */
  start?: unknown;
}

/**
 * Deliveries of a source that wait for their destination, in a file: a line that says where they begin, and one for each
 * delivery, on the disk before `append` resolves. What was written in part when a process ended is cut off.
 */
export class Backlog {
  readonly id: string;
  readonly #path: string;
  readonly #file: FileHandle;
  #position: unknown;
  #length = 0;
  #bytes = 0;

  private constructor(path: string, file: FileHandle, { id, start }: Head) {
    this.#path = path;
    this.#file = file;
    this.id = id;
    this.#position = start;
  }

  /** @param start where the source stands; undefined: at its beginning */
  static async create(path: string, start: unknown): Promise<Backlog> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const head: Head = { id: randomUUID(), ...(start === undefined ? {} : { start }) };
    const file = await open(path, "w", 0o600);
    const backlog = new Backlog(path, file, head);
    await backlog.#write(encoded(head));
    return backlog;
  }

  /** @returns undefined where there is none */
  static async find(path: string): Promise<Backlog | undefined> {
    const file = await open(path, "r+").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (!file) return undefined;
    let backlog: Backlog | undefined;
    let bytes = 0;
    for await (const line of linesOf(path)) {
      bytes += Buffer.byteLength(line) + 1;
      const value = decoded(line);
      if (!backlog) backlog = new Backlog(path, file, value as Head);
      else {
        backlog.#length += 1;
        backlog.#position = (value as Delivery).position;
      }
    }
    if (!backlog) {
      await file.close();
      await rm(path);
      return undefined;
    }
    await file.truncate(bytes);
    backlog.#bytes = bytes;
    return backlog;
  }

  /** How many deliveries there are. */
  get length(): number {
    return this.#length;
  }

  /** Size of the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Where the source goes on after the last delivery; undefined: at its beginning. */
  get position(): unknown {
    return this.#position;
  }

  async append(delivery: Delivery): Promise<void> {
    await this.#write(encoded(delivery));
    this.#length += 1;
    this.#position = delivery.position;
  }

  /** The deliveries from this one on, with the number of each. Nothing may be appended meanwhile. */
  async *read(from: number): AsyncGenerator<readonly [at: number, Delivery]> {
    let at = -1;
    for await (const line of linesOf(this.#path)) {
      if (at >= from) yield [at, decoded(line) as Delivery];
      at += 1;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }

  async #write(line: string): Promise<void> {
    const bytes = Buffer.from(line);
    await this.#file.write(bytes, 0, bytes.length, this.#bytes);
    await this.#file.datasync();
    this.#bytes += bytes.length;
  }
}

/** Its lines, one at a time. What has no end was not written whole, and is left out. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let begun: string[] = [];
  for await (const chunk of createReadStream(path, "utf8")) {
    const parts = String(chunk).split("\n");
    const last = parts.pop() ?? "";
    for (const part of parts) {
      yield begun.join("") + part;
      begun = [];
    }
    begun.push(last);
  }
}

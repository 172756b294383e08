import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, systemClock } from "../../components/core/wait.ts";

/**
 * Remembers requests that create something and whose outcome is not known yet, over the death of the process.
 * It is only a hint for how long "not listed" proves nothing: losing it never leads to a second launch of something
 * that is listed.
 */
export interface Journal {
  /** A request for `subject` is about to be sent. */
  sent(subject: string): Promise<void>;
  /** Its outcome is known. */
  settled(subject: string): Promise<void>;
  /** Milliseconds since a request for `subject` was sent whose outcome is unknown. */
  unanswered(subject: string): Promise<number | undefined>;
}

/** A journal in a folder of this machine; on another machine only what Lambda lists is known. */
export class FileJournal implements Journal {
  readonly #folder: string;
  readonly #clock: Clock;
  constructor(folder: string, clock: Clock = systemClock) {
    this.#folder = folder;
    this.#clock = clock;
  }
  #file(subject: string): string {
    return join(this.#folder, createHash("sha256").update(subject).digest("hex").slice(0, 32));
  }
  async sent(subject: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const draft = `${this.#file(subject)}.${process.pid}`;
    await writeFile(draft, String(this.#clock.now()));
    await rename(draft, this.#file(subject));
  }
  async settled(subject: string): Promise<void> {
    await rm(this.#file(subject), { force: true });
  }
  async unanswered(subject: string): Promise<number | undefined> {
    try {
      return Math.max(0, this.#clock.now() - Number(await readFile(this.#file(subject), "utf8")));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }
}

/** A journal that lasts as long as the process. */
export class MemoryJournal implements Journal {
  readonly #sent = new Map<string, number>();
  readonly #clock: Clock;
  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }
  async sent(subject: string): Promise<void> {
    this.#sent.set(subject, this.#clock.now());
  }
  async settled(subject: string): Promise<void> {
    this.#sent.delete(subject);
  }
  async unanswered(subject: string): Promise<number | undefined> {
    const at = this.#sent.get(subject);
    return at === undefined ? undefined : this.#clock.now() - at;
  }
}

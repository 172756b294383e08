import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, systemClock } from "../../components/core/wait.ts";

/**
 * Records requests that create something and whose outcome is not known yet, also after the process was killed. It is
 * used only to decide how long "not listed" proves nothing: its loss never leads to a second launch of something listed.
 */
export interface Journal {
  /** A request for `subject` is about to be sent. */
  sent(subject: string): Promise<void>;
  /** Its outcome is known. */
  settled(subject: string): Promise<void>;
  /** Milliseconds since a request for `subject` was sent whose outcome is unknown. */
  unanswered(subject: string): Promise<number | undefined>;
}

/** A journal in a folder of this machine. On another machine only what Lambda lists is known. */
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
      const text = await readFile(this.#file(subject), "utf8");
      const sent = text === "" ? Number.NaN : Number(text);
      // A machine that lost its power may keep the name and not the content: then nobody knows when, so it was just now.
      return Number.isFinite(sent) ? Math.max(0, this.#clock.now() - sent) : 0;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }
}

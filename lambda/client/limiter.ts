import { createHash } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../../components/core/wait.ts";

/** Spaces requests. `turn` resolves when the caller may send. */
export interface Limiter {
  turn(signal?: AbortSignal): Promise<void>;
  /** Delays all turns by this long from now, by an hour at most, after Lambda reported too many requests. */
  pause(ms: number): Promise<void>;
  /** Milliseconds for which a pause still delays all turns, 0 without one. Waiting for others' turns does not count. */
  held(): Promise<number>;
}

/** Turns that are kept on disk: far more than can be taken while another process reads the folder. */
const kept = 200;

/** A turn further in the future than this was taken before the clock was set back. */
const furthestMs = 3_600_000;

/**
 * One queue for every process of this machine that uses the same folder.
 *
 * Lambda counts per account, while Pulumi starts several processes (the program, a provider for preview and one for
 * the update). A turn is a file `<number>` that contains its time. It is written elsewhere and linked into place,
 * which fails when the number is taken, so two processes never share a turn. No lock is held, so a killed process leaves
 * at most an unused turn.
 */
export class SharedLimiter implements Limiter {
  readonly #folder: string;
  readonly #spacingMs: number;
  readonly #clock: Clock;
  #made = 0;
  constructor(folder: string, spacingMs: number, clock: Clock = systemClock) {
    this.#folder = folder;
    this.#spacingMs = spacingMs;
    this.#clock = clock;
  }

  async turn(signal?: AbortSignal): Promise<void> {
    if (this.#spacingMs <= 0) return;
    const at = await this.#take(0);
    const wait = at - this.#clock.now();
    if (wait > 0) await this.#clock.sleep(wait, signal);
  }

  async pause(ms: number): Promise<void> {
    if (ms <= 0) return;
    await this.#take(ms);
    const length = Math.min(ms, furthestMs);
    if (length <= (await this.held())) return;
    const draft = join(this.#folder, `.${process.pid}-pause-${Math.random().toString(36).slice(2)}`);
    await writeFile(draft, String(this.#clock.now() + length));
    await rename(draft, join(this.#folder, "paused"));
  }

  async held(): Promise<number> {
    try {
      const left = Number(await readFile(join(this.#folder, "paused"), "utf8")) - this.#clock.now();
      return left > 0 && left <= furthestMs ? left : 0;
    } catch (error) {
      if (isCode(error, "ENOENT")) return 0;
      throw error;
    }
  }

  async #take(atLeastMs: number): Promise<number> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    this.#made += 1;
    const draft = join(this.#folder, `.${process.pid}-${this.#made}-${Math.random().toString(36).slice(2)}`);
    try {
      for (;;) {
        const { number, time } = await this.#last();
        const now = this.#clock.now();
        const earliest = time - now > furthestMs ? now : time + this.#spacingMs;
        const at = Math.max(now + atLeastMs, earliest);
        await writeFile(draft, String(at));
        try {
          await link(draft, join(this.#folder, String(number + 1)));
        } catch (error) {
          if (isCode(error, "EEXIST")) continue;
          throw error;
        }
        await rm(join(this.#folder, String(number - kept)), { force: true });
        return at;
      }
    } finally {
      await rm(draft, { force: true });
    }
  }

  async #last(): Promise<{ number: number; time: number }> {
    const numbers = (await readdir(this.#folder)).filter((name) => /^[0-9]+$/.test(name)).map(Number);
    const number = Math.max(0, ...numbers);
    if (number === 0) return { number, time: Number.NEGATIVE_INFINITY };
    const time = Number(await readFile(join(this.#folder, String(number)), "utf8"));
    return { number, time: Number.isFinite(time) ? time : Number.NEGATIVE_INFINITY };
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

/**
 * Folder that all processes of this machine and user share for one account: the account is known by URL and key.
 * Two keys of one account are two queues, which Lambda then slows down with 429.
 */
export async function meetingPlace(apiUrl: string, apiKey: string): Promise<string> {
  const account = createHash("sha256").update(`${apiUrl}\0${apiKey}`).digest("hex").slice(0, 24);
  const uid = process.getuid?.();
  const own = join(tmpdir(), `sophia-infra-${uid ?? "user"}`);
  await mkdir(own, { recursive: true, mode: 0o700 });
  const owner = (await stat(own)).uid;
  if (uid !== undefined && owner !== uid) {
    throw new Error(`${own} belongs to user ${owner}: remove it, or set TMPDIR to a folder of yours`);
  }
  const folder = join(own, `lambda-${account}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

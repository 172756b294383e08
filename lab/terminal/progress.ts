import { stripVTControlCharacters } from "node:util";
import type { ArtefactEvent } from "../../tools/artefacts/artefact.ts";

/** `75` → `1m 15s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m ${String(whole % 60).padStart(2, "0")}s`;
}

interface Running {
  title: string;
  start: number;
  last: string;
}

/** A finished phase, for the summary. */
export interface Timing {
  title: string;
  seconds: number;
}

/**
 * Shows progress: one line when a step ends, and on a terminal a live line for running steps. Without a terminal it prints
 * the running steps every half minute.
 */
export class Progress {
  readonly timings: Timing[] = [];
  readonly #out: NodeJS.WriteStream;
  readonly #running = new Map<string, Running>();
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;

  constructor(out: NodeJS.WriteStream = process.stderr) {
    this.#out = out;
  }

  /** A phase of `make up`, with a heading and its time. */
  async phase<T>(title: string, work: () => Promise<T>): Promise<T> {
    this.#print(`${title}`);
    const start = performance.now();
    const result = await work();
    this.timings.push({ title, seconds: (performance.now() - start) / 1000 });
    return result;
  }

  /** One step of a phase. */
  async step<T>(title: string, work: (note: (line: string) => void) => Promise<T>): Promise<T> {
    const start = this.begin(title);
    try {
      const result = await work((line) => this.note(title, line));
      this.end(title, "✔", duration((performance.now() - start) / 1000));
      return result;
    } catch (error) {
      this.end(title, "✘", `failed after ${duration((performance.now() - start) / 1000)}`);
      throw error;
    }
  }

  begin(title: string): number {
    const start = performance.now();
    this.#running.set(title, { title, start, last: "" });
    if (!this.#timer) {
      this.#timer = setInterval(() => this.#tick(), this.#out.isTTY ? 500 : 1000);
      this.#timer.unref();
    }
    return start;
  }

  note(title: string, line: string): void {
    const running = this.#running.get(title);
    if (running) running.last = stripVTControlCharacters(line).trim();
  }

  /** Prints a permanent line. */
  say(line: string): void {
    this.#print(`  ${line}`);
  }

  end(title: string, mark: string, how: string): void {
    this.#running.delete(title);
    this.#print(`  ${mark} ${title.padEnd(48)} ${how}`);
    if (this.#running.size === 0 && this.#timer) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  /** For `obtain`'s `onEvent`. */
  artefact(event: ArtefactEvent): void {
    const { title } = event.artefact;
    if (event.kind === "cached") this.#print(`  ✔ ${title.padEnd(48)} cached`);
    else if (event.kind === "started") this.begin(title);
    else if (event.kind === "output") this.note(title, event.line);
    else if (event.kind === "built") this.end(title, "✔", `built in ${duration(event.seconds)}`);
    else this.end(title, "✘", `failed after ${duration(event.seconds)}`);
  }

  #tick(): void {
    this.#ticks += 1;
    const now = performance.now();
    const running = [...this.#running.values()];
    const under = running.map(({ title, start }) => `${title} ${duration((now - start) / 1000)}`);
    // A step's output is shown only when it is the only one.
    const [only] = running;
    if (only?.last && running.length === 1) under[0] += `: ${only.last}`;
    if (this.#out.isTTY) {
      // A terminal of unknown width reports 0.
      const width = (this.#out.columns || 100) - 1;
      this.#out.write(`\r\x1b[2K  … ${under.join(", ")}`.slice(0, width + 5));
    } else if (this.#ticks % 30 === 0) this.#out.write(`  … ${under.join(", ")}\n`);
  }

  #print(line: string): void {
    this.#out.write(this.#out.isTTY ? `\r\x1b[2K${line}\n` : `${line}\n`);
  }
}

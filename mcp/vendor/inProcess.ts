import type { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { lineReader } from "./lines.ts";

/** What stands between a stdio program and who talks to it. */
export interface Between {
  /** Gets the input, and returns what the program reads instead. Default: the program reads the input itself. */
  input?: (stdin: Readable) => Readable;
  /** Gets each line that the program writes, and returns what is written instead; nothing at all where it returns undefined. */
  output: (line: string) => string | undefined;
}

/**
 * Runs a program of Node.js in this process, with something between it and its input and output: a process for that would cost
 * 10 MB, and each message two pipes more. Signals and the exit code are the program's own.
 */
export async function runInProcess(file: string, args: readonly string[], between: Between): Promise<void> {
  const { stdin, stdout } = process;
  if (between.input) Object.defineProperty(process, "stdin", { value: between.input(stdin) });

  const write = stdout.write.bind(stdout);
  const lines = lineReader((line) => {
    const changed = between.output(line);
    if (changed !== undefined) write(`${changed}\n`);
  });
  stdout.write = (chunk: Uint8Array | string, encoding?: unknown, written?: unknown) => {
    lines.read(typeof chunk === "string" ? Buffer.from(chunk, encodingOf(encoding)) : Buffer.from(chunk));
    const done = typeof encoding === "function" ? encoding : written;
    if (typeof done === "function") process.nextTick(done);
    return !stdout.writableNeedDrain;
  };
  process.once("exit", () => lines.end());

  process.argv = [process.argv[0] ?? process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
}

const encodingOf = (given: unknown): BufferEncoding =>
  typeof given === "string" && Buffer.isEncoding(given) ? given : "utf8";

import type { Readable } from "node:stream";

/**
 * Calls `use` with each line of what it reads, and at the end with what stands behind the last one. Only a line feed ends a
 * line: `node:readline` takes the separators U+2028 and U+2029 for ends, too, which may stand inside a JSON text.
 */
export function lineReader(use: (line: string) => void) {
  let begun: Buffer[] = [];
  const complete = (last: Buffer) => {
    const line = Buffer.concat([...begun, last]).toString();
    begun = [];
    use(line);
  };
  return {
    read(chunk: Buffer): void {
      let start = 0;
      for (let at = chunk.indexOf("\n"); at >= 0; at = chunk.indexOf("\n", start)) {
        complete(chunk.subarray(start, at));
        start = at + 1;
      }
      if (start < chunk.length) begun.push(chunk.subarray(start));
    },
    end(): void {
      if (begun.length > 0) complete(Buffer.alloc(0));
    },
  };
}

/** Calls `use` with each line of a stream, and with what stands behind the last one; then `ended`. */
export function eachLine(stream: Readable, use: (line: string) => void, ended: () => void): void {
  const lines = lineReader(use);
  stream.on("data", (chunk: Buffer) => lines.read(chunk));
  stream.on("end", () => {
    lines.end();
    ended();
  });
}

import type { Readable } from "node:stream";

/**
 * Calls `use` with each line of a stream, at once, and with what stands behind the last one. Only a line feed ends a line:
 * `node:readline` takes the separators U+2028 and U+2029 for ends, too, which may stand inside a JSON text.
 */
export function eachLine(stream: Readable, use: (line: string) => void): void {
  let begun: Buffer[] = [];
  const end = (last: Buffer) => {
    use(Buffer.concat([...begun, last]).toString());
    begun = [];
  };
  stream.on("data", (chunk: Buffer) => {
    let start = 0;
    for (let at = chunk.indexOf("\n"); at >= 0; at = chunk.indexOf("\n", start)) {
      end(chunk.subarray(start, at));
      start = at + 1;
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
  });
  stream.on("end", () => {
    if (begun.length > 0) end(Buffer.alloc(0));
  });
}

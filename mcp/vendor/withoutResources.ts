/**
 * Runs a stdio program that announces the capability `resources` and then refuses to list them, which the gateway treats as
 * a failure of the server: removes the capability from the program's `initialize` result, so that no client lists them.
 *
 *   node withoutResources.ts <file of the program> <its arguments>
 */
import type { Readable } from "node:stream";
import { runChild } from "./child.ts";

interface InitializeResult {
  result?: { serverInfo?: object; capabilities?: { resources?: object } };
}

/** A message without the capability, if it is the `initialize` result; otherwise as it is. */
function corrected(line: string): string {
  // In an argument or a tool's result the quotes would be escaped.
  if (!line.includes('"serverInfo":')) return line;
  try {
    const message = JSON.parse(line) as InitializeResult;
    if (message.result?.serverInfo === undefined) return line;
    delete message.result.capabilities?.resources;
    return JSON.stringify(message);
  } catch {
    // Not a message of the protocol.
    return line;
  }
}

/**
 * Calls `use` with each line of a stream, at once, and with what stands behind the last one. Only a line feed ends a line:
 * `node:readline` takes the separators U+2028 and U+2029 for ends, too, which may stand inside a JSON text.
 */
function eachLine(stream: Readable, use: (line: string) => void): void {
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

const [, , file = "", ...args] = process.argv;
const { stdout } = runChild(file, args, "pipe");
if (!stdout) throw new Error(`${file} has no output to read`);
eachLine(stdout, (line) => process.stdout.write(`${corrected(line)}\n`));

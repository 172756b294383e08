/**
 * For programs that announce resources and then refuse to list them, which the gateway takes for a broken server: takes
 * that capability out of what the program says of itself, so that nobody asks. It is loaded before the program, into its
 * own process: `node --import <this file> <program>`.
 */
interface Introduction {
  result?: { serverInfo?: object; capabilities?: { resources?: object } };
}

/** One message, without the capability if it is the one that has it. */
function honest(line: string): string {
  // Within an argument or a result the quotes would be escaped.
  if (!line.includes('"serverInfo":')) return line;
  try {
    const message = JSON.parse(line) as Introduction;
    if (message.result?.serverInfo === undefined) return line;
    delete message.result.capabilities?.resources;
    return JSON.stringify(message);
  } catch {
    // Not a message of the protocol, or a part of one: it goes on as it is.
    return line;
  }
}

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = ((chunk: string | Uint8Array, ...rest: []) =>
  write(
    typeof chunk === "string" ? chunk.split("\n").map(honest).join("\n") : chunk,
    ...rest,
  )) as typeof process.stdout.write;

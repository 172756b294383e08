/**
 * Runs a stdio program that announces the capability `resources` and then refuses to list them, which the gateway treats as
 * a failure of the server: removes the capability from the program's `initialize` result, so that no client lists them.
 *
 *   node withoutResources.ts <file of the program> <its arguments>
 */
import { runInProcess } from "./inProcess.ts";

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

const [, , file = "", ...args] = process.argv;
await runInProcess(file, args, { output: corrected });

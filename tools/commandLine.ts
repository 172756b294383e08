import { type ParseArgsConfig, parseArgs } from "node:util";
import { messageOf } from "../components/core/errors.ts";

/** Ends the process with 2, before anything is done. */
export function refuse(fault: string, usage: string): never {
  process.stderr.write(`${fault}\n${usage}\n`);
  process.exit(2);
}

/**
 * The arguments of a command; what it does not know ends the process with the fault and the usage: a misspelt option would
 * be ignored otherwise.
 *
 * @param config as of `parseArgs`; without `args`, those of the process
 */
export function argumentsOf<const T extends ParseArgsConfig>(
  config: T,
  usage: string,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    return refuse(messageOf(error), usage);
  }
}

import { readFileSync } from "node:fs";
import { ToolError } from "./tool.ts";

/**
 * Reads a mounted secret at each call, so that a rotated one works without a restart.
 *
 * @param secret its name, for errors
 * @param todo what to do when it is missing
 */
export function secretFile(
  file: string,
  secret: string,
  todo = `Set ${secret} in the stack's ESC environment, and update the stack.`,
): () => string {
  return () => {
    let value: string;
    try {
      value = readFileSync(file, "utf8").trim();
    } catch (cause) {
      throw new ToolError(`The secret ${secret} cannot be read`, todo, { cause });
    }
    if (value === "") throw new ToolError(`The secret ${secret} is empty`, todo);
    return value;
  };
}

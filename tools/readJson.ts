import type { z } from "zod";
import { textOf } from "./textOf.ts";

/**
 * What a file of the lab's own bookkeeping says; undefined where there is none, or where a crash or a full disk left
 * something else than was meant: such a file must not stand in the way of every later command.
 */
export async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await textOf(file);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return schema.safeParse(value).data;
}

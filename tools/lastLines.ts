import { readFile } from "node:fs/promises";

/** The end of a log, for an error; empty where it cannot be read. */
export const lastLines = async (file: string, count = 8): Promise<string> =>
  (await readFile(file, "utf8").catch(() => "")).trim().split("\n").slice(-count).join("\n");

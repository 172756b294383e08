import { readFile } from "node:fs/promises";

/** Text of a file; undefined where there is none. */
export const textOf = (file: string): Promise<string | undefined> =>
  readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });

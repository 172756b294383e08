/**
 * Writes `esc/uses.json`: which resources of which stack a secret reaches.
 *
 *   node esc/uses/main.ts            writes it
 *   node esc/uses/main.ts --check    ends with 1 when it is not as the program is
 */
import { readFile, writeFile } from "node:fs/promises";
import { deriveUses } from "./derive.ts";

// Without an account the program warns, at each of its runs, that it knows no prices: no news here.
console.warn = () => undefined;

const repository = new URL("../..", import.meta.url).pathname;
const file = new URL("../uses.json", import.meta.url);
const wanted = `${JSON.stringify(await deriveUses(repository), null, 2)}\n`;
if (process.argv[2] === "--check") {
  if ((await readFile(file, "utf8").catch(() => "")) !== wanted) {
    process.stderr.write("esc/uses.json is not as the program is; write it anew: node esc/uses/main.ts\n");
    process.exitCode = 1;
  }
} else {
  await writeFile(file, wanted);
}

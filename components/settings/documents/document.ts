import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";

const repository = new URL("../../../", import.meta.url);
const { check = false } = parseArgs({ options: { check: { type: "boolean" } } }).values;

/**
 * Writes a document that is generated from code. With `--check` on the command line nothing is written, and the process
 * ends with 1 when the document is stale.
 *
 * @param name path from the repository's root
 */
export async function generate(name: string, text: string): Promise<void> {
  const file = new URL(name, repository);
  if (!check) await writeFile(file, text);
  else if ((await readFile(file, "utf8").catch(() => "")) !== text) {
    process.stderr.write(`${name} is stale: run \`make documents\`\n`);
    process.exitCode = 1;
  }
}

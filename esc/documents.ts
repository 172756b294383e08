/**
 * Part of `make documents`: what follows from the list of secrets and from the program.
 *
 *   node esc/documents.ts            writes esc/sophia/{base,defaults}.yaml and esc/uses.yaml
 *   node esc/documents.ts --check    ends with 1 when one of them is stale
 */
import { readFile, writeFile } from "node:fs/promises";
import { stringify } from "yaml";
import { baseText, defaultsText, header } from "./environments.ts";
import { deriveUses } from "./uses/derive.ts";

const repository = new URL("..", import.meta.url);
const check = process.argv[2] === "--check";

async function document(name: string, text: string): Promise<void> {
  const file = new URL(name, repository);
  if (!check) await writeFile(file, text);
  else if ((await readFile(file, "utf8").catch(() => "")) !== text) {
    process.stderr.write(`${name} is stale: run \`make documents\`\n`);
    process.exitCode = 1;
  }
}

await document("esc/sophia/base.yaml", baseText());
await document("esc/sophia/defaults.yaml", defaultsText());
// Last, because it runs the program, which fails while it is being changed.
await document("esc/uses.yaml", `${header}\n${stringify(await deriveUses(repository.pathname))}`);

/**
 * `make documents`: writes what is made from the MCP catalog.
 *
 *   node mcp/catalog/documents/main.ts            writes docs/mcp-servers.md and docs/mcp-servers.json
 *   node mcp/catalog/documents/main.ts --check    ends with 1 when one of them is stale
 */
import { readFile, writeFile } from "node:fs/promises";
import { catalog } from "../index.ts";
import { registryDocument, serversDocument } from "./render.ts";

const repository = new URL("../../../", import.meta.url);
const documents = {
  "docs/mcp-servers.md": serversDocument(catalog),
  "docs/mcp-servers.json": registryDocument(catalog),
};
for (const [name, text] of Object.entries(documents)) {
  const file = new URL(name, repository);
  if (process.argv[2] !== "--check") await writeFile(file, text);
  else if ((await readFile(file, "utf8").catch(() => "")) !== text) {
    process.stderr.write(`${name} is stale: run \`make documents\`\n`);
    process.exitCode = 1;
  }
}

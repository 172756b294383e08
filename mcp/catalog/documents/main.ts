/**
 * `make documents`: writes what is made from the MCP catalog.
 *
 *   node mcp/catalog/documents/main.ts            writes docs/mcp-servers.md and docs/mcp/servers.json
 *   node mcp/catalog/documents/main.ts --check    ends with 1 when one of them is stale
 */
import { readFile, writeFile } from "node:fs/promises";
import { catalog } from "../index.ts";
import { registryDocument } from "../registry.ts";
import { serversDocument } from "./render.ts";

/** Name under which the published catalog says that servers are reached; each stack has its own. */
const exampleHost = "sophia.example";

const repository = new URL("../../../", import.meta.url);
const documents = {
  "docs/mcp-servers.md": serversDocument(catalog),
  "docs/mcp/servers.json": registryDocument(catalog, exampleHost),
};
for (const [name, text] of Object.entries(documents)) {
  const file = new URL(name, repository);
  if (process.argv[2] !== "--check") await writeFile(file, text);
  else if ((await readFile(file, "utf8").catch(() => "")) !== text) {
    process.stderr.write(`${name} is stale: run \`make documents\`\n`);
    process.exitCode = 1;
  }
}

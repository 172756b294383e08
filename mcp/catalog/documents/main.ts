/**
 * `make documents`: writes what is made from the MCP catalog.
 *
 *   node mcp/catalog/documents/main.ts            writes docs/mcp-servers.md and docs/mcp/servers.json
 *   node mcp/catalog/documents/main.ts --check    ends with 1 when one of them is stale
 */
import { generate } from "../../../components/settings/documents/document.ts";
import { catalog } from "../index.ts";
import { registryDocument } from "../registry.ts";
import { serversDocument } from "./render.ts";

/** Name under which the published catalog says that servers are reached; each stack has its own. */
const exampleHost = "sophia.example";

await generate("docs/mcp-servers.md", serversDocument(catalog));
await generate("docs/mcp/servers.json", registryDocument(catalog, exampleHost));

import type { CatalogEntry } from "./entry.ts";
import { federated, ownPath, reachedAt } from "./reach.ts";

const schema = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";
/** Version of the catalog itself, for entries without a version of their own. */
const catalogVersion = "0.1.0";

interface Remote {
  type: "streamable-http";
  url: string;
  headers: object[];
}

/** An entry as the official MCP registry describes servers. */
export interface ServerJson {
  $schema: string;
  name: string;
  description: string;
  version: string;
  packages?: object[];
  remotes: Remote[];
  _meta: { "io.modelcontextprotocol.registry/publisher-provided": object };
}

const reversed = (host: string) => host.split(".").reverse().join(".");

function packageOf(entry: CatalogEntry): object[] {
  if (entry.kind === "remote" || entry.source.registry === "own") return [];
  const { registry, name, version } = entry.source;
  const transport =
    entry.kind === "stdio"
      ? { type: "stdio" }
      : { type: "streamable-http", url: `http://localhost:${entry.port}${entry.path}` };
  // Of images the registry wants the tag within the name.
  return registry === "oci"
    ? [{ registryType: registry, identifier: `${name}:${version}`, transport }]
    : [{ registryType: registry, identifier: name, version, transport }];
}

/** The way that leads to this server alone, if there is one: at the gateway's path are the tools of all. */
function remoteOf(entry: CatalogEntry, host: string): Remote[] {
  const path = ownPath(entry) ?? reachedAt(entry)[0];
  if (path === undefined) return [];
  const authorization = {
    name: "Authorization",
    description: "Bearer, a space, and the token of a client",
    isRequired: true,
    isSecret: true,
  };
  return [{ type: "streamable-http", url: `https://${host}${path}`, headers: [authorization] }];
}

/**
 * Servers in the official registry's `server.json` shape, as they are reached through this platform; those that cannot
 * be run are left out. Pure.
 * https://modelcontextprotocol.io/registry/remote-servers
 *
 * @param host name under which clients come
 */
export const serverJson = (entries: readonly CatalogEntry[], host: string): ServerJson[] =>
  entries
    .filter(({ unavailable }) => unavailable === undefined)
    .map((entry) => {
      const packages = packageOf(entry);
      return {
        $schema: schema,
        name: `${reversed(host)}/${entry.name}`,
        description: entry.description,
        version: entry.kind === "remote" ? catalogVersion : entry.source.version.replace(/^v/, ""),
        ...(packages.length > 0 ? { packages } : {}),
        remotes: remoteOf(entry, host),
        _meta: {
          "io.modelcontextprotocol.registry/publisher-provided": {
            kind: entry.kind,
            revisions: entry.revisions,
            sessionful: entry.sessionful,
            ...(federated(entry) && { gatewayPrefix: `${entry.name}_` }),
          },
        },
      };
    });

/** What `/mcp/servers.json` says, and `docs/mcp/servers.json`. Pure. */
export const registryDocument = (entries: readonly CatalogEntry[], host: string): string =>
  `${JSON.stringify({ servers: serverJson(entries, host) }, null, 2)}\n`;

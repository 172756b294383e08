import { z } from "zod";
import { type CatalogEntry, type CatalogInput, catalogEntry } from "./entry.ts";
import { ownServers } from "./own.ts";
import { remoteServers } from "./remotes.ts";
import { vendorServers } from "./vendors.ts";

const schema = z
  .array(catalogEntry)
  .refine((entries) => new Set(entries.map((entry) => entry.name)).size === entries.length, {
    error: "two entries have the same name",
  });

/** Checks entries and fills in their defaults. @throws with every fault and its path, e.g. `[2].port` */
export function readCatalog(entries: CatalogInput[]): CatalogEntry[] {
  const result = schema.safeParse(entries);
  if (result.success) return result.data;
  throw new Error(`the MCP catalog cannot be used:\n${z.prettifyError(result.error)}`);
}

/** Every MCP server of the platform. A wrong entry stops the program. */
export const catalog = readCatalog([...ownServers, ...vendorServers, ...remoteServers]);

export type { CatalogEntry, DeployedEntry, RemoteEntry } from "./entry.ts";
export { isDeployed } from "./entry.ts";

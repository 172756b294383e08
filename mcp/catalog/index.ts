import { z } from "zod";
import { type CatalogEntry, catalogEntry } from "./entry.ts";
import { sophiaInfrastructure } from "./sophia.ts";

const schema = z
  .array(catalogEntry)
  .refine((entries) => new Set(entries.map((entry) => entry.name)).size === entries.length, {
    error: "two entries have the same name",
  });

/** Checks entries and fills in their defaults. @throws with every fault and its path, e.g. `[2].port` */
export function readCatalog(entries: z.input<typeof schema>): CatalogEntry[] {
  const result = schema.safeParse(entries);
  if (result.success) return result.data;
  throw new Error(`the MCP catalog cannot be used:\n${z.prettifyError(result.error)}`);
}

/** Every MCP server of the platform. A wrong entry stops the program. */
export const catalog = readCatalog([sophiaInfrastructure]);

export type { CatalogEntry } from "./entry.ts";

import { z } from "zod";
import { catalogEntry } from "./entry.ts";
import { sophiaInfrastructure } from "./sophia.ts";

/** Every MCP server of the platform, checked. A wrong entry stops the program with its path. */
export const catalog = z
  .array(catalogEntry)
  .refine((entries) => new Set(entries.map((entry) => entry.name)).size === entries.length, {
    error: "two entries have the same name",
  })
  .parse([sophiaInfrastructure]);

export type { CatalogEntry } from "./entry.ts";

import { z } from "zod";
import { variablesFor } from "../../components/settings/environment/variables/index.ts";
import { type CatalogEntry, type CatalogInput, catalogEntry } from "./entry.ts";
import { ownServers } from "./ownServers.ts";
import { remoteServers } from "./remotes.ts";
import { vendorServers } from "./vendorServers.ts";

const schema = z
  .array(catalogEntry)
  .refine((entries) => new Set(entries.map((entry) => entry.name)).size === entries.length, {
    error: "two entries have the same name",
  });

/** Where a fault is: the entry by its name, as far as it has one. */
function placeOf(path: PropertyKey[], entries: readonly { name?: unknown }[]): string {
  const [index, ...rest] = path;
  const name = typeof index === "number" ? entries[index]?.name : undefined;
  const inside = rest.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  if (index === undefined) return "the list";
  return `${typeof name === "string" && name !== "" ? name : `[${String(index)}]`}${inside}`;
}

/** Tokens of entries that nothing says where they come from. */
const unknownTokens = (entries: readonly CatalogEntry[]): string[] =>
  entries.flatMap((entry) => {
    const variable = "credential" in entry ? entry.credential?.variable : undefined;
    if (variable === undefined) return [];
    const read = variablesFor(`mcp/${entry.name}`).some(([name]) => name === variable);
    return read
      ? []
      : [
          `✖ nothing says which secret ${variable} holds: add it to components/settings/environment/vendorTokens.ts, for ${entry.name}\n  → at ${entry.name}.credential.variable`,
        ];
  });

/** Checks entries and fills in their defaults. @throws with every fault and its path, e.g. `redis.port` */
export function readCatalog(entries: CatalogInput[]): CatalogEntry[] {
  const result = schema.safeParse(entries);
  const faults = result.success
    ? unknownTokens(result.data)
    : result.error.issues.map(({ message, path }) => `✖ ${message}\n  → at ${placeOf(path, entries)}`);
  if (result.success && faults.length === 0) return result.data;
  throw new Error(`the MCP catalog cannot be used:\n${faults.join("\n")}`);
}

/** Every MCP server of the platform. A wrong entry stops the program. */
export const catalog = readCatalog([...ownServers, ...vendorServers, ...remoteServers]);

export type { CatalogEntry, DeployedEntry } from "./entry.ts";
export { isDeployed } from "./entry.ts";

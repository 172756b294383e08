import { variablesFor } from "../../components/settings/environment/variables/index.ts";
import { type Fault, suggestion } from "../../components/settings/faults.ts";
import type { Settings } from "../../components/settings/schema.ts";
import { type CatalogEntry, isDeployed, oneReplica } from "./entry.ts";
import { catalog } from "./index.ts";

/**
 * Faults of the section `mcp` that only the catalog reveals: servers that do not exist or cannot run, and settings that a
 * server cannot use. Pure.
 */
export function catalogFaults(settings: Settings["mcp"]): Fault[] {
  const names = catalog.map((entry) => entry.name);
  const unknown = (path: string, name: string) =>
    names.includes(name)
      ? []
      : [
          {
            path,
            message: `there is no MCP server ${name}${suggestion(name, names) || "; docs/mcp-servers.md lists them"}`,
          },
        ];
  const { enabled = [], disabled, servers } = settings;
  return [
    ...enabled.flatMap((name, index) => unknown(`mcp.enabled[${index}]`, name)),
    ...disabled.flatMap((name, index) => unknown(`mcp.disabled[${index}]`, name)),
    ...Object.keys(servers).flatMap((name) => unknown(`mcp.servers.${name}`, name)),
    ...enabled.flatMap((name, index) => {
      const reason = catalog.find((entry) => entry.name === name)?.unavailable;
      return reason
        ? [{ path: `mcp.enabled[${index}]`, message: `${name} cannot be enabled: ${reason}` }]
        : [];
    }),
    ...Object.entries(servers).flatMap(([name, { variables = {} }]) =>
      Object.entries(variables).flatMap(([variable, value]) => variableFaults(name, variable, value)),
    ),
    ...catalog.flatMap((entry) => uselessFaults(entry, servers[entry.name] ?? {})),
  ];
}

/** Settings of a server that its entry cannot use. */
function uselessFaults(
  entry: CatalogEntry,
  { url, replicas, image, resources }: Settings["mcp"]["servers"][string],
): Fault[] {
  const { name } = entry;
  const refuse = (field: string, message: string) => [{ path: `mcp.servers.${name}.${field}`, message }];
  if (!isDeployed(entry)) {
    return Object.entries({ replicas, image, resources }).flatMap(([field, value]) =>
      value === undefined ? [] : refuse(field, `${name} runs at its vendor's`),
    );
  }
  const single = oneReplica(entry);
  const ownImage = entry.kind === "container" && entry.image !== undefined;
  return [
    ...(url === undefined ? [] : refuse("url", `${name} runs in the cluster`)),
    ...(single && replicas && replicas.max > 1 ? refuse("replicas", `at most 1 replica: ${single}`) : []),
    ...(image === undefined || ownImage
      ? []
      : refuse("image", `${name} has no image of its own; mcp.image is that of all such servers`)),
  ];
}

function variableFaults(server: string, name: string, value: string): Fault[] {
  const path = `mcp.servers.${server}.variables.${name}`;
  const found = variablesFor(`mcp/${server}`).find(([variable]) => variable === name)?.[1];
  if (!found) {
    const known = variablesFor(`mcp/${server}`).flatMap(([variable, { secret }]) =>
      secret ? [] : [variable],
    );
    return [{ path, message: `${server} does not read it${suggestion(name, known)}` }];
  }
  if (found.secret !== undefined)
    return [{ path, message: "is a secret; it comes from the stack's ESC environment" }];
  const result = found.schema.safeParse(value);
  return result.success
    ? []
    : [{ path, message: result.error.issues.map(({ message }) => message).join(", ") }];
}

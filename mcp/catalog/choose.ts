import type { AnySecretName } from "../../components/settings/environment/secrets.ts";
import { variablesFor } from "../../components/settings/environment/variables/index.ts";
import type { Variable } from "../../components/settings/environment/variables/variable.ts";
import { suggestion } from "../../components/settings/parse.ts";
import type { Settings } from "../../components/settings/schema.ts";
import { type CatalogEntry, isDeployed, oneReplica } from "./entry.ts";

/** An entry and whether it runs in this stack. */
export type Choice = { entry: CatalogEntry } & ({ enabled: true } | { enabled: false; reason: string });

/** Secrets without which a server cannot start. */
export const secretsOf = (name: string): AnySecretName[] =>
  variablesFor(`mcp/${name}`).flatMap(([, { secret, schema }]: [string, Variable]) =>
    secret !== undefined && !schema.safeParse(undefined).success ? [secret] : [],
  );

/** Variables that only the stack can set, and without which a server cannot start. */
export const stackVariablesOf = (name: string): string[] =>
  variablesFor(`mcp/${name}`).flatMap(([variable, { setBy, schema }]: [string, Variable]) =>
    setBy === "stack" && !schema.safeParse(undefined).success ? [variable] : [],
  );

/** The endpoint of a remote server, if the catalog or the settings know it. */
export const urlOf = (entry: CatalogEntry, settings: Settings["mcp"]): string | undefined =>
  settings.servers[entry.name]?.url ?? (entry.kind === "remote" ? entry.url : undefined);

/** Why an entry does not run, if it does not. */
function reasonAgainst(
  entry: CatalogEntry,
  settings: Settings["mcp"],
  given: ReadonlySet<string>,
): string | undefined {
  const { name } = entry;
  if (entry.unavailable) return entry.unavailable;
  if (settings.disabled.includes(name)) return "disabled by mcp.disabled";
  if (settings.enabled && !settings.enabled.includes(name)) return "not among mcp.enabled";
  const secrets = secretsOf(name).filter((secret) => !given.has(secret));
  const own = settings.servers[name]?.variables ?? {};
  const unset = stackVariablesOf(name).filter((variable) => own[variable] === undefined);
  const missing = [
    ...(secrets.length > 0 ? [`${secrets.join(" and ")} in the stack's ESC environment`] : []),
    ...(unset.length > 0 ? [`${unset.join(" and ")} in mcp.servers.${name}.variables`] : []),
    ...(entry.kind === "remote" && !urlOf(entry, settings)
      ? [`its endpoint in mcp.servers.${name}.url`]
      : []),
  ];
  return missing.length > 0 ? `needs ${missing.join(", and ")}` : undefined;
}

/** Faults of the settings that only the catalog reveals. */
function faultsOf(catalog: readonly CatalogEntry[], settings: Settings["mcp"]): string[] {
  const names = catalog.map((entry) => entry.name);
  const unknown = (path: string, name: string) =>
    names.includes(name) ? [] : [`${path}: there is no MCP server ${name}${suggestion(name, names)}`];
  const { enabled = [], disabled, servers } = settings;
  return [
    ...enabled.flatMap((name, index) => unknown(`mcp.enabled[${index}]`, name)),
    ...disabled.flatMap((name, index) => unknown(`mcp.disabled[${index}]`, name)),
    ...Object.keys(servers).flatMap((name) => unknown(`mcp.servers.${name}`, name)),
    ...enabled.flatMap((name, index) => {
      const reason = catalog.find((entry) => entry.name === name)?.unavailable;
      return reason ? [`mcp.enabled[${index}]: ${name} cannot be enabled: ${reason}`] : [];
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
): string[] {
  const { name } = entry;
  const refuse = (field: string, reason: string) => [`mcp.servers.${name}.${field}: ${reason}`];
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

function variableFaults(server: string, name: string, value: string): string[] {
  const path = `mcp.servers.${server}.variables.${name}`;
  const found = variablesFor(`mcp/${server}`).find(([variable]) => variable === name)?.[1];
  if (!found) {
    const known = variablesFor(`mcp/${server}`).flatMap(([variable, { secret }]) =>
      secret ? [] : [variable],
    );
    return [`${path}: ${server} does not read it${suggestion(name, known)}`];
  }
  if (found.secret !== undefined) return [`${path}: is a secret; it comes from the stack's ESC environment`];
  const result = found.schema.safeParse(value);
  return result.success ? [] : [`${path}: ${result.error.issues.map(({ message }) => message).join(", ")}`];
}

/**
 * Decides which servers run. A server whose secret is missing is disabled; naming one that does not exist or cannot run is
 * an error.
 *
 * @param given names of the secrets that the stack has
 * @throws with all faults at once
 */
export function choose(
  catalog: readonly CatalogEntry[],
  settings: Settings["mcp"],
  given: ReadonlySet<string>,
): Choice[] {
  const faults = faultsOf(catalog, settings);
  if (faults.length > 0)
    throw new Error(`MCP servers cannot be chosen (nothing was created):\n  ${faults.join("\n  ")}`);
  return catalog.map((entry) => {
    const reason = reasonAgainst(entry, settings, given);
    return reason === undefined ? { entry, enabled: true } : { entry, enabled: false, reason };
  });
}

/** One line about disabled servers, for the log; undefined when all run. */
export function notice(choices: readonly Choice[]): string | undefined {
  const off = choices.flatMap((choice) =>
    choice.enabled ? [] : [`${choice.entry.name} (${choice.reason})`],
  );
  return off.length > 0 ? `disabled MCP servers: ${off.join("; ")}` : undefined;
}

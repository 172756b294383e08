import type { AnySecretName } from "../../components/settings/environment/secrets.ts";
import { variablesFor } from "../../components/settings/environment/variables/index.ts";
import type { Variable } from "../../components/settings/environment/variables/variable.ts";
import type { Settings } from "../../components/settings/schema.ts";
import type { CatalogEntry } from "./entry.ts";

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

/**
 * Decides which servers run: all that the settings want, and whose secrets are there. Pure.
 *
 * @param settings without faults
 * @param given names of the secrets that the stack has
 */
export function choose(
  catalog: readonly CatalogEntry[],
  settings: Settings["mcp"],
  given: ReadonlySet<string>,
): Choice[] {
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

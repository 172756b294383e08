import * as pulumi from "@pulumi/pulumi";
import { SettingsError } from "./faults.ts";
import { type CatalogFaults, neededByUpdates, parseConfig } from "./parse.ts";
import type { Secrets, Settings } from "./schema.ts";

/** A stack's settings, checked; its secrets stay secret on their way. */
export interface Configuration {
  settings: Settings;
  secrets: { [name in keyof Secrets]: pulumi.Output<string> };
}

/**
 * Reads the stack's configuration once. A preview warns of what only an update needs, so that a stack can be planned before
 * its accounts exist.
 * @throws SettingsError with every fault, before any resource is registered.
 */
export function readConfiguration(catalogFaults: CatalogFaults): Configuration {
  const prefix = `${pulumi.getProject()}:`;
  // The language host names the encrypted keys here; the SDK has no public call for it.
  const encrypted = new Set<string>(JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]"));
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  const raw = {
    values: Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value])),
    secretKeys: new Set(own.filter(([key]) => encrypted.has(key)).map(([key]) => key.slice(prefix.length))),
  };
  const result = parseConfig(raw, { isUpdate: !pulumi.runtime.isDryRun(), catalogFaults });
  if (!result.ok) throw new SettingsError(pulumi.getStack(), result.faults);
  for (const key of result.unread)
    void pulumi.log.warn(
      `this program does not read the secret ${prefix}${key} of stack ${pulumi.getStack()}`,
    );
  for (const { path, message } of neededByUpdates(result.settings, result.secrets))
    void pulumi.log.warn(`an update of stack ${pulumi.getStack()} will be refused: ${path}: ${message}`);
  return {
    settings: result.settings,
    secrets: Object.fromEntries(
      Object.entries(result.secrets).map(([name, value]) => [name, pulumi.secret(value)]),
    ) as Configuration["secrets"],
  };
}

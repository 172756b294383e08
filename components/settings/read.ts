import * as pulumi from "@pulumi/pulumi";
import { parseConfig, SettingsError } from "./parse.ts";
import type { Secrets, Settings } from "./schema.ts";

/** A stack's settings, checked; its secrets stay secret on their way. */
export interface Configuration {
  settings: Settings;
  secrets: { [name in keyof Secrets]: pulumi.Output<string> };
}

/**
 * Reads the stack's configuration once.
 * @throws SettingsError with every fault, before any resource is registered.
 */
export function readConfiguration(): Configuration {
  const prefix = `${pulumi.getProject()}:`;
  // The language host names the encrypted keys here; the SDK has no public call for it.
  const encrypted = new Set<string>(JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]"));
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  const result = parseConfig({
    values: Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value])),
    secretKeys: new Set(own.filter(([key]) => encrypted.has(key)).map(([key]) => key.slice(prefix.length))),
  });
  if (!result.ok) throw new SettingsError(pulumi.getStack(), result.faults);
  return {
    settings: result.settings,
    secrets: Object.fromEntries(
      Object.entries(result.secrets).map(([name, value]) => [name, pulumi.secret(value)]),
    ) as Configuration["secrets"],
  };
}

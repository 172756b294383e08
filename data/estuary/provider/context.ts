import { z } from "zod";
import { systemClock } from "../../../components/core/wait.ts";
import { type EstuarySettings, estuarySettings } from "../../../components/settings/sections/estuary.ts";
import { createClient } from "../client/client.ts";
import type { Context } from "../reconcile/context.ts";

/** Configuration keys; both names are complete, so that any project's program can use the resources. */
export const settingsKey = "sophia-infra:pipeline";
export const apiKeyKey = "sophia-infra:estuaryApiKey";

interface Configuration {
  get(key: string): string | undefined;
}
let configuration: Configuration | undefined;

export function configureWith(given: Configuration): void {
  configuration = given;
}

/** The way to Estuary of this process. */
export function configured(): Context {
  const given = configuration;
  if (given === undefined) throw new Error("the provider was used before it was configured");
  return contextFrom((key) => given.get(key));
}

const pipeline = z.looseObject({ estuary: estuarySettings.prefault({}) });

/**
 * The way to Estuary from a stack's configuration: settings from `sophia-infra:pipeline`, the key from the secret
 * `sophia-infra:estuaryApiKey`. So neither is ever an input of a resource, and today's settings serve old resources.
 */
export function contextFrom(get: (key: string) => string | undefined): Context {
  const apiKey = get(apiKeyKey);
  if (!apiKey) throw new Error(`the secret ${apiKeyKey} is missing: set it in the stack's environment`);
  const result = pipeline.safeParse(JSON.parse(get(settingsKey) ?? "{}"));
  if (!result.success) throw new Error(`${settingsKey}: ${z.prettifyError(result.error)}`);
  return connect(result.data.estuary, apiKey);
}

export const connect = (settings: EstuarySettings, apiKey: string): Context => ({
  api: createClient({ ...settings, apiKey }),
  clock: systemClock,
  timing: settings,
  dataPlane: settings.dataPlane,
  log: (line) => console.log(line),
});

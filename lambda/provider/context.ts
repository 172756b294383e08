import { join } from "node:path";
import { z } from "zod";
import { systemClock } from "../../components/core/wait.ts";
import { lambdaSettings } from "../../components/settings/sections/lambda.ts";
import { createClient } from "../client/client.ts";
import { FileJournal } from "../client/journal.ts";
import { meetingPlace } from "../client/limiter.ts";
import type { Context } from "../reconcile/context.ts";

/** Configuration keys; both names are complete, so that any project's program can use the resources. */
export const settingsKey = "sophia-infra:lambda";
export const apiKeyKey = "sophia-infra:lambdaApiKey";

/** Settings of the connection only: what is launched comes with each resource. */
const connection = lambdaSettings.pick({
  apiUrl: true,
  requestsPerSecond: true,
  launchSpacing: true,
  bootDeadline: true,
  terminateDeadline: true,
  settleDeadline: true,
  retryDeadline: true,
  pollInterval: true,
  unhealthyReplacements: true,
});
export type Connection = z.infer<typeof connection>;

interface Configuration {
  get(key: string): string | undefined;
}
let configuration: Configuration | undefined;
let shared: Promise<Context> | undefined;

/** Called once for each kind of resource, always with the same configuration. */
export function configureWith(given: Configuration): void {
  configuration = given;
}

/** The connection to Lambda that all resources of this process share, created at first use. */
export function configured(): Promise<Context> {
  const given = configuration;
  if (given === undefined) throw new Error("the provider was used before it was configured");
  shared ??= contextFrom((key) => given.get(key));
  return shared;
}

/**
 * The connection to Lambda from a stack's configuration: settings from `sophia-infra:lambda`, the key from the secret
 * `sophia-infra:lambdaApiKey`. Neither is ever an input of a resource, and current settings apply to old resources.
 */
export async function contextFrom(get: (key: string) => string | undefined): Promise<Context> {
  const text = get(settingsKey) ?? "{}";
  const apiKey = get(apiKeyKey);
  if (!apiKey) throw new Error(`the secret ${apiKeyKey} is missing: set it in the stack's environment`);
  const result = connection.strip().safeParse(JSON.parse(text));
  if (!result.success) throw new Error(`${settingsKey}: ${z.prettifyError(result.error)}`);
  return await connect(result.data, apiKey);
}

export async function connect(settings: Connection, apiKey: string): Promise<Context> {
  const api = await createClient({ ...settings, apiKey });
  const place = await meetingPlace(settings.apiUrl, apiKey);
  return {
    api,
    clock: systemClock,
    journal: new FileJournal(join(place, "sent")),
    timing: settings,
    log: (line) => console.log(line),
  };
}

import { join } from "node:path";
import type { z } from "zod";
import {
  fromConfiguration,
  type Get,
  requiredSecret,
  settingsAt,
} from "../../components/core/provider/configured.ts";
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

let shared: Promise<Context> | undefined;

/** The connection to Lambda that all resources of this process share, created at first use. */
export const { configureWith, configured } = fromConfiguration((get) => {
  shared ??= contextFrom(get);
  return shared;
});

/** The connection to Lambda: settings from `sophia-infra:lambda`, the key from the secret `sophia-infra:lambdaApiKey`. */
export async function contextFrom(get: Get): Promise<Context> {
  const apiKey = requiredSecret(get, apiKeyKey);
  return await connect(settingsAt(get, settingsKey, connection.strip()), apiKey);
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

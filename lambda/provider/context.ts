import { join } from "node:path";
import { z } from "zod";
import {
  fromConfiguration,
  type Get,
  requiredSecret,
  settingsAt,
} from "../../components/core/provider/configured.ts";
import { systemClock } from "../../components/core/wait.ts";
import { hostSettings, lambdaSettings } from "../../components/settings/sections/lambda.ts";
import { createClient } from "../client/client.ts";
import { FileJournal } from "../client/journal.ts";
import { meetingPlace } from "../client/limiter.ts";
import type { Context } from "../reconcile/context.ts";
import type { Adoption } from "../reconcile/instance/spec.ts";

/** Configuration keys; all names are complete, so that any project's program can use the resources. */
const settingsKey = "sophia-infra:lambda";
const hostsKey = "sophia-infra:hosts";
const apiKeyKey = "sophia-infra:lambdaApiKey";

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
type Connection = z.infer<typeof connection>;

const fleet = z.array(hostSettings.pick({ adopt: true }).strip());

let shared: Promise<Context> | undefined;

/** The connection to Lambda that all resources of this process share, created at first use. */
export const { configureWith, configured } = fromConfiguration((get) => {
  shared ??= contextFrom(get);
  return shared;
});

/**
 * The connection to Lambda: settings from `sophia-infra:lambda`, the key from the secret `sophia-infra:lambdaApiKey`, and
 * what is adopted from `sophia-infra:hosts`, where a program has it.
 */
export async function contextFrom(get: Get): Promise<Context> {
  const apiKey = requiredSecret(get, apiKeyKey);
  const hosts = get(hostsKey) === undefined ? [] : settingsAt(get, hostsKey, fleet);
  const adoptions = hosts.flatMap(({ adopt }) => (adopt ? [adopt] : []));
  return await connect(settingsAt(get, settingsKey, connection.strip()), apiKey, adoptions);
}

async function connect(settings: Connection, apiKey: string, adoptions: Adoption[]): Promise<Context> {
  const api = await createClient({ ...settings, apiKey });
  const place = await meetingPlace(settings.apiUrl, apiKey);
  return {
    api,
    clock: systemClock,
    journal: new FileJournal(join(place, "sent")),
    timing: settings,
    adoptions,
    log: (line) => console.log(line),
  };
}

import { z } from "zod";
import {
  fromConfiguration,
  type Get,
  requiredSecret,
  settingsAt,
} from "../../../components/core/provider/configured.ts";
import { systemClock } from "../../../components/core/wait.ts";
import { type EstuarySettings, estuarySettings } from "../../../components/settings/sections/estuary.ts";
import { createClient } from "../client/client.ts";
import type { Context } from "../reconcile/context.ts";

/** Configuration keys; both names are complete, so that any project's program can use the resources. */
const settingsKey = "sophia-infra:pipeline";
const apiKeyKey = "sophia-infra:estuaryApiKey";

const pipeline = z.looseObject({ estuary: estuarySettings.prefault({}) });

/** The connection to Estuary of this process. */
export const { configureWith, configured } = fromConfiguration((get) => contextFrom(get));

/** The connection to Estuary: settings from `sophia-infra:pipeline`, the key from the secret `sophia-infra:estuaryApiKey`. */
export function contextFrom(get: Get): Context {
  const apiKey = requiredSecret(get, apiKeyKey);
  return connect(settingsAt(get, settingsKey, pipeline).estuary, apiKey);
}

const connect = (settings: EstuarySettings, apiKey: string): Context => ({
  api: createClient({ ...settings, apiKey }),
  clock: systemClock,
  timing: settings,
  dataPlane: settings.dataPlane,
  log: (line) => console.log(line),
});

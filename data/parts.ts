import type { AnySecretName } from "../components/settings/environment/secrets.ts";
import { warehouseSecrets } from "../components/settings/sections/snowflake.ts";
import { type StreamName, streamNames, streams } from "./estuary/spec/streams.ts";

/** Secrets that a part of the pipeline needs; without one it is disabled. */
const needs = {
  estuary: ["estuaryApiKey", "estuaryTunnelKey"],
  hubspot: ["hubspotClientId", "hubspotClientSecret", "hubspotRefreshToken"],
  slack: ["slackCaptureToken"],
  gong: ["gongAccessKey", "gongAccessKeySecret"],
  snowflake: warehouseSecrets,
} as const satisfies Record<string, readonly AnySecretName[]>;
export type Part = keyof typeof needs;

const all = Object.keys(needs) as Part[];
/** Sources that only Estuary reads. */
const byEstuary: readonly Part[] = ["hubspot", "slack"];

/** Parts that run, and a notice for each of the others. Pure. */
export function partsOf(
  { enabled }: { enabled: boolean },
  given: ReadonlySet<string>,
): { running: Part[]; notices: string[] } {
  if (!enabled) {
    return {
      running: [],
      notices: ["the pipeline is disabled (pipeline.enabled: false): only its schema is kept up to date"],
    };
  }
  const missing = (part: Part) => needs[part].filter((secret) => !given.has(secret));
  const running = all.filter(
    (part) => missing(part).length === 0 && (!byEstuary.includes(part) || missing("estuary").length === 0),
  );
  const notices = all
    .filter((part) => !running.includes(part))
    .map((part) => {
      const names = [...missing(part), ...(byEstuary.includes(part) ? missing("estuary") : [])];
      return `pipeline: ${part} is disabled: the stack's environment has no ${names.join(", ")}`;
    });
  return { running, notices };
}

/** Streams that arrive in staging: those of the sources that run. Pure. */
export const streamsOf = (running: readonly Part[]): StreamName[] =>
  streamNames.filter((name) => running.includes(streams[name].source));

import type { AnySecretName } from "../components/settings/environment/secrets.ts";
import { warehouseSecrets } from "../components/settings/pipeline.ts";
import { type StreamName, streamNames, streams } from "./estuary/spec/streams.ts";

/** Secrets without which a part of the pipeline is left out. */
const needs = {
  estuary: ["estuaryApiKey", "estuaryTunnelKey"],
  hubspot: ["hubspotClientId", "hubspotClientSecret", "hubspotRefreshToken"],
  slack: ["slackCaptureToken"],
  gong: ["gongAccessKey", "gongAccessKeySecret"],
  snowflake: warehouseSecrets,
} as const satisfies Record<string, readonly AnySecretName[]>;
export type Part = keyof typeof needs;

const all = Object.keys(needs) as Part[];
/** What only Estuary brings. */
const byEstuary: readonly Part[] = ["hubspot", "slack"];

/** What runs, and what is said of the rest. Pure. */
export function partsOf(
  { enabled }: { enabled: boolean },
  given: ReadonlySet<string>,
): { running: Part[]; notices: string[] } {
  if (!enabled) {
    return {
      running: [],
      notices: ["the pipeline is off (pipeline.enabled): its schema is kept up to date"],
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
      return `pipeline: ${part} is left out: no ${names.join(", ")} in the stack's environment`;
    });
  return { running, notices };
}

/** What comes into staging: the streams of the sources that run. Pure. */
export const streamsOf = (running: readonly Part[]): StreamName[] =>
  streamNames.filter((name) => running.includes(streams[name].source));

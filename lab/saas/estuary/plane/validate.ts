import { HubSpotClient } from "./capture/hubspot/client.ts";
import { SlackClient } from "./capture/slack/client.ts";
import type { Surroundings } from "./task/sources.ts";
import { said } from "./task/status.ts";
import type { LiveCapture, LiveSpecs, SpecFault } from "./types.ts";

/** Seconds that a vendor may take to answer. */
const patience = 15;

/**
 * What connectors say of captures before they are published: whether the vendor lets them in. Databases are not asked: the
 * real ones are, but here the way to them may come up with the very update that publishes.
 */
export async function validate(
  { captures }: LiveSpecs,
  tasks: readonly string[],
  around: Pick<Surroundings, "hubspotUrl" | "slackUrl" | "clock">,
): Promise<SpecFault[]> {
  const asked = Object.entries(captures).filter(([name, { disabled }]) => tasks.includes(name) && !disabled);
  const found = await Promise.all(
    asked.map(async ([name, capture]): Promise<SpecFault[]> => {
      try {
        await greet(capture, around, AbortSignal.timeout(patience * 1000));
        return [];
      } catch (error) {
        return [{ name, detail: `the connector could not validate its endpoint: ${said(error)}` }];
      }
    }),
  );
  return found.flat();
}

async function greet(
  capture: LiveCapture,
  { hubspotUrl, slackUrl, clock }: Pick<Surroundings, "hubspotUrl" | "slackUrl" | "clock">,
  signal: AbortSignal,
): Promise<void> {
  switch (capture.connector) {
    case "source-hubspot-native": {
      const client = new HubSpotClient(hubspotUrl, capture.config, clock);
      for (const { resource } of capture.bindings) await client.properties(resource.name, signal);
      return;
    }
    case "source-slack":
      await new SlackClient(slackUrl, capture.config, clock).channels("", signal);
      return;
    case "source-postgres":
      return;
  }
}

import { HubSpotClient } from "./capture/hubspot/client.ts";
import { SlackClient } from "./capture/slack/client.ts";
import type { Surroundings } from "./task/sources.ts";
import { said } from "./task/status.ts";
import { sinkOf, tableOf } from "./task/unit.ts";
import type { LiveCapture, LiveMaterialization, LiveSpecs, SpecFault } from "./types.ts";
import type { OpenWarehouse } from "./warehouse.ts";

/** Seconds that a vendor may take to answer. */
const patience = 15;

/**
 * What materializations find at their endpoints: tables that none of their name has made, which the connectors refuse.
 * An endpoint that does not answer is no fault here: the way to it may come up with the very update that publishes.
 *
 * @param tasks those to ask for; not one that runs, as its session would be shut out
 */
export async function leftTables(
  { materializations }: LiveSpecs,
  tasks: readonly string[],
  openWarehouse: OpenWarehouse,
  log: (line: string) => void,
): Promise<SpecFault[]> {
  const asked = Object.entries(materializations).filter(
    ([name, { disabled }]) => tasks.includes(name) && !disabled,
  );
  const found = await Promise.all(
    asked.map(async ([name, materialization]) => {
      const late = AbortSignal.timeout(patience * 1000);
      const looked = tablesLeft(name, materialization, openWarehouse);
      const tooLate = new Promise<never>((_, reject) => {
        late.addEventListener("abort", () => reject(late.reason), { once: true });
      });
      return await Promise.race([looked, tooLate]).catch((error: unknown): SpecFault[] => {
        log(`${name}: its endpoint could not be asked for tables before it was published: ${said(error)}`);
        return [];
      });
    }),
  );
  return found.flat();
}

async function tablesLeft(
  name: string,
  materialization: LiveMaterialization,
  openWarehouse: OpenWarehouse,
): Promise<SpecFault[]> {
  const sink = sinkOf({ name, materialization }, openWarehouse);
  try {
    const { applied } = await sink.open();
    const bindings = materialization.bindings.flatMap(({ source, resource, disabled }, binding) =>
      disabled ? [] : [{ source, binding, table: tableOf(materialization, resource) }],
    );
    const there = await sink.existing(bindings.map(({ table }) => table));
    return bindings.flatMap(({ source, binding, table: { schema, table } }) => {
      const id = `${schema}.${table}`;
      if (!there.has(id) || applied[source]?.table === id) return [];
      const detail = `table [${schema} ${table}] already exists for new binding "${source}". You must drop this table to continue.`;
      return [{ name, binding, detail }];
    });
  } finally {
    await sink.close();
  }
}

/** What connectors say of captures before they are published: whether the vendor lets them in. */
export async function refusedLogins(
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

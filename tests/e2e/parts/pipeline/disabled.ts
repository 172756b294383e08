import { expect, test } from "vitest";
import { replication } from "../../../../data/estuary/spec/streams.ts";
import { estuaryAgain } from "../../../support/pipeline/runbook.ts";
import { change, healthyStatus, minutes, up } from "../../lab.ts";
import { asInProduction } from "../threeHosts.ts";
import { countsAgree, order, staged } from "./access.ts";

/** Slots of Estuary's capture; those of PostgreSQL's own replicas are physical. */
const slots = () => staged("SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'logical'");
const live = async () => Object.keys((await order<{ specs: object }>("estuary", "live")).specs);

/** The pipeline is taken out of a stack that stays, and comes back. */
export function pipelineDisabled(): void {
  test(
    "P1 a pipeline that is disabled leaves nothing at Estuary and no replication slot, and staging keeps its rows",
    async () => {
      expect(await slots()).toBe(replication.slot);
      expect(await live()).not.toEqual([]);
      const contacts = Number(await staged("SELECT count(*) FROM hubspot_contacts_staging"));
      expect(contacts).toBeGreaterThan(0);
      change((config) => {
        asInProduction(config);
        config.pipeline = { ...config.pipeline, enabled: false } as never;
      });
      const { code, said, changed } = await up();
      expect(code, said.slice(-4000)).toBe(0);
      expect(changed).toContain("deleted pipeline-estuary-slot");
      expect(await slots()).toBe("");
      expect(await live()).toEqual([]);
      expect(Number(await staged("SELECT count(*) FROM hubspot_contacts_staging"))).toBe(contacts);
      const { report } = await healthyStatus();
      expect(report.streams).toEqual([]);
    },
    10 * minutes,
  );

  test(
    "P1 enabled again it is refused while Estuary's tables are there, and whole after the runbook's statements",
    async () => {
      change(asInProduction);
      const refused = await up();
      expect(refused.code, refused.said.slice(-4000)).toBe(1);
      for (const table of ["hubspot_contacts_staging", "slack_messages_staging"])
        expect(refused.said, refused.said.slice(-4000)).toContain(
          `[public ${table}] already exists for new binding`,
        );
      expect(refused.said).toContain("docs/runbooks/pipeline/estuary-again.md");
      // The lab's warehouse went with the pipeline: none of its tables is left.
      await staged(estuaryAgain().staging);
      const again = await up();
      expect(again.code, again.said.slice(-4000)).toBe(0);
      expect(await slots()).toBe(replication.slot);
      await countsAgree(300);
    },
    12 * minutes,
  );
}

import { expect, test } from "vitest";
import { replication } from "../../../../data/estuary/spec/streams.ts";
import { estuaryAgain } from "../../../support/pipeline/runbook.ts";
import { change, healthyStatus, minutes, up } from "../../lab.ts";
import { asInProduction } from "../threeHosts.ts";
import { countsAgree, order, staged } from "./access.ts";

/** Slots of Estuary's capture; those of PostgreSQL's own replicas are physical. */
const slots = () => staged("SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'logical'");
const live = async () => Object.keys((await order<{ specs: object }>("estuary", "live")).specs);

/** Rows of contacts in staging. */
const contacts = async () => Number(await staged("SELECT count(*) FROM hubspot_contacts_staging"));

/** The pipeline is taken out of a stack that stays, and comes back. Of each update another test, which can be tried again. */
export function pipelineDisabled(): void {
  let before: number;
  test("P1 a pipeline that runs has a replication slot, tasks at Estuary and rows in staging", async () => {
    expect(await slots()).toBe(replication.slot);
    expect(await live()).not.toEqual([]);
    before = await contacts();
    expect(before).toBeGreaterThan(0);
  });

  // By all attempts.
  const gone: string[] = [];
  test(
    "P1 a pipeline that is disabled leaves nothing at Estuary and no replication slot, and staging keeps its rows",
    async () => {
      change((config) => {
        asInProduction(config);
        config.pipeline = { ...config.pipeline, enabled: false } as never;
      });
      const { code, said, changed } = await up();
      gone.push(...changed);
      expect(code, said.slice(-4000)).toBe(0);
      expect(gone).toContain("deleted pipeline-estuary-slot");
      expect(await slots()).toBe("");
      expect(await live()).toEqual([]);
      expect(await contacts()).toBe(before);
      const { report } = await healthyStatus();
      expect(report.streams).toEqual([]);
    },
    20 * minutes,
  );

  test(
    "P1 enabled again it is refused while Estuary's tables are there, and the runbook's statements drop them",
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
    },
    20 * minutes,
  );

  test(
    "P1 enabled again after the runbook's statements it has its slot, and every stream its rows",
    async () => {
      change(asInProduction);
      const again = await up();
      expect(again.code, again.said.slice(-4000)).toBe(0);
      expect(await slots()).toBe(replication.slot);
      await countsAgree(600);
    },
    30 * minutes,
  );
}

import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { holding } from "../../../support/pipeline/alerts.ts";
import { checksOf, never } from "./support/checks.ts";
import { addRecords, type Fault, faultsOf } from "./support/faults.ts";
import { seeded, startFlow } from "./support/flow.ts";

/** Streams that a failed task holds up. */
const heldUpBy = (task: Fault["task"], stream: string) =>
  task === "materialize-snowflake" || task === `source-${stream.split("_")[0]}`;

test("P5 every fault of a source, a record or the warehouse: nothing lost, nothing twice, alert raised, recovers by itself", async () => {
  const flow = await startFlow();
  const { staging, warehouse, said, wrong } = flow;
  const { look, close } = checksOf(flow);
  const rows = { ...seeded };
  for (const { what, task, stream, cause, end, rejected } of faultsOf(flow)) {
    await cause();
    rows[stream] += await addRecords(flow, stream);
    const measured = await waitFor({ what: `the alert: ${what}`, deadline: 120, interval: 0.1 }, async () => {
      const found = await look();
      const fired = holding(found, never);
      return fired.includes(`PipelineTaskFailed ${task}`) ? found : notYet(`${fired}; ${said.at(-1)}`);
    });
    const fired = holding(measured, never);
    for (const { stream: name, state, message } of measured.statuses) {
      const bad = heldUpBy(task, name);
      expect([name, state], what).toEqual([name, bad ? "failed" : "ok"]);
      if (bad) expect(message, what).toMatch(new RegExp(`^${task} one or more task shards are failed: `));
    }
    // Told of once, by the task.
    expect(
      fired.filter((alert) => alert.startsWith("PipelineStreamFailed")),
      what,
    ).toEqual([]);
    if (rejected) {
      const { key, field, value } = rejected();
      expect(fired, what).toContain(`PipelineRecordsRejected ${stream}`);
      const message = measured.statuses.find((one) => one.stream === stream)?.message;
      expect(message, what).toContain(`/${field} must be `);
      const { rows: logged } = await staging.query(
        "SELECT source, key FROM error_logs WHERE stream = $1 AND raw->>$2 = $3",
        [stream, field, value],
      );
      expect(logged, what).not.toEqual([]);
      if (key) {
        expect(message, what).not.toContain(key);
        expect(logged, what).toEqual([{ source: stream.split("_")[0], key }]);
      }
    }
    await end();
    await waitFor({ what: `the end: ${what}`, deadline: 120, interval: 0.1 }, async () => {
      const now = await look();
      const bad = now.statuses.filter(({ state }) => state !== "ok").map((one) => [one.stream, one.message]);
      const alerts = holding(now, never).filter((alert) => alert.startsWith("PipelineTask"));
      const faults = await Promise.all([
        wrong("hubspot_contacts", rows.hubspot_contacts),
        wrong("slack_messages", rows.slack_messages),
      ]);
      return [...bad, ...alerts, ...faults.filter(Boolean)].length === 0
        ? true
        : notYet(JSON.stringify({ bad, alerts, faults }));
    });
  }
  await close();
  for (const client of [staging, warehouse]) await client.end();
}, 600_000);

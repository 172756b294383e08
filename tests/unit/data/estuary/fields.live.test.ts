import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { holding } from "../../../support/pipeline/alerts.ts";
import { checksOf, never } from "./support/checks.ts";
import { seeded, startFlow } from "./support/flow.ts";

test("P3 P5 a field or column that is added, gone or of another form: nothing held up, nothing lost, alert raised once", async () => {
  const flow = await startFlow();
  const { saas, staging, warehouse, wrong, said } = flow;
  const { look, close } = checksOf(flow);
  const rows = { ...seeded };
  const told = async () => holding(await look(), never).filter((alert) => alert.startsWith("PipelineField"));
  const logged = async () =>
    (await staging.query("SELECT stream, key, reason FROM error_logs ORDER BY stream, key, reason")).rows.map(
      ({ stream, key, reason }) => `${stream}: ${key}: ${reason}`,
    );
  const raised = (alert: string) =>
    waitFor({ what: `the alert ${alert}`, deadline: 120, interval: 0.1 }, async () => {
      const found = await told();
      return found.includes(alert) ? true : notYet(`${found}; ${said.at(-1)}`);
    });
  // What is there at first is no news, however often it is looked at.
  expect([await told(), await told()]).toEqual([[], []]);

  await saas.order("hubspot", "schema", { object: "contacts", add: { name: "budget", type: "number" } });
  await saas.order("hubspot", "change", { object: "contacts", update: 1 });
  await raised("PipelineFieldAdded hubspot_contacts");

  // Records keep what HubSpot no longer sends, so that only new ones show it.
  await saas.order("hubspot", "schema", { object: "contacts", remove: "company" });
  await saas.order("hubspot", "change", { object: "contacts", update: 30 });
  await saas.order("hubspot", "change", { object: "contacts", create: 25 });
  rows.hubspot_contacts += 25;
  await raised("PipelineFieldGone hubspot_contacts");

  await saas.order("hubspot", "schema", { object: "deals", add: { name: "dealname", type: "number" } });
  await saas.order("hubspot", "change", { object: "deals", update: 25, properties: { dealname: "1250" } });
  await raised("PipelineFieldChanged hubspot_deals");

  await saas.order("slack", "schema", { remove: ["user"] });
  await saas.order("slack", "change", { post: 40 });
  rows.slack_messages += 40;
  await raised("PipelineFieldGone slack_messages");

  await staging.query("ALTER TABLE slack_channels_staging ADD COLUMN mood text");
  await raised("PipelineFieldAdded slack_channels");
  await staging.query("ALTER TABLE slack_channels_staging DROP COLUMN mood");
  await raised("PipelineFieldGone slack_channels");

  const all = [
    "hubspot_contacts: properties/budget: new field",
    "hubspot_contacts: properties/company: field no longer sent",
    "hubspot_deals: properties/dealname: field of another form",
    "slack_channels: column mood: field no longer sent",
    "slack_channels: column mood: new field",
    "slack_messages: user: field no longer sent",
  ];
  expect(await logged()).toEqual(all);
  // Once: later looks, also of checks that begin anew, tell of nothing again.
  await saas.order("slack", "change", { post: 30 });
  rows.slack_messages += 30;
  const again = checksOf(flow);
  await waitFor({ what: "every row in staging and warehouse", deadline: 120, interval: 0.1 }, async () => {
    const { statuses } = await again.look();
    const bad = statuses
      .filter(({ state }) => state !== "ok")
      .map(({ stream, message }) => [stream, message]);
    const faults: (string | undefined)[] = [];
    for (const [stream, count] of Object.entries(rows))
      faults.push(await wrong(stream as keyof typeof rows, count));
    return [...bad, ...faults.filter(Boolean)].length === 0 ? true : notYet(JSON.stringify({ bad, faults }));
  });
  expect(await logged()).toEqual(all);
  await Promise.all([close(), again.close()]);
  for (const client of [staging, warehouse]) await client.end();
}, 600_000);

import { describe, expect, test } from "vitest";
import { notYet, waitFor } from "../../../../../components/core/wait.ts";
import { catalog } from "../../../../support/pipeline/specs.ts";
import { stageStaging } from "./stage.ts";

describe("HubSpot and Slack into PostgreSQL", () => {
  const { stage, newPlane, value, eventually, all } = stageStaging();

  test("P1 what is at the sources is in the staging tables, in Estuary's layout", async () => {
    stage.plane.apply(stage.specs);
    await all();
    const { rows } = await stage.admin.query(
      `SELECT column_name || ' ' || data_type AS c FROM information_schema.columns
       WHERE table_name = 'hubspot_contacts_staging' ORDER BY ordinal_position`,
    );
    const columns = rows.map(({ c }) => c);
    expect(columns.slice(0, 4)).toEqual([
      "id bigint",
      "_loaded_at timestamp with time zone",
      "archived boolean",
      "companies json",
    ]);
    expect(columns.filter((column) => column.startsWith("_meta"))).toEqual([]);
    expect(columns).not.toContain("flow_published_at timestamp with time zone");
    expect(columns).toContain("properties/email text");
    expect(columns).not.toContain("flow_document json");
    expect(stage.plane.status(catalog.staging).state).toBe("running");
  });

  test("P1 insert, update and delete at HubSpot and Slack are right in the staging tables", async () => {
    stage.plane.apply(stage.specs);
    await all();
    const made = await stage.saas.order("hubspot", "change", {
      object: "contacts",
      create: 7,
      update: 5,
      delete: 3,
    });
    const [updated] = made.updated as number[];
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 404);
    await eventually(
      `SELECT "properties/jobtitle" LIKE 'Changed%' FROM hubspot_contacts_staging WHERE id = ${updated}`,
      true,
    );
    const { posted } = await stage.saas.order("slack", "change", { post: 4 });
    await eventually("SELECT count(*) FROM slack_messages_staging", 404);
    const [first, second] = posted as { channel: string; ts: string }[];
    await stage.saas.order("slack", "change", { edit: [{ ...first, text: "mended" }], delete: [second] });
    await eventually("SELECT count(*) FROM slack_messages_staging", 403);
    await eventually(`SELECT text FROM slack_messages_staging WHERE ts = '${first?.ts}'`, "mended");
    const [gone] = made.deleted as number[];
    await stage.saas.order("hubspot", "change", { object: "contacts", restoreIds: [gone] });
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 405);
  });

  test("P3 a refresh of HubSpot's calculated properties leaves all others as they are", async () => {
    const specs = structuredClone(stage.specs);
    const capture = specs.captures[catalog.hubspot];
    // Each minute, and once at the beginning.
    if (capture?.connector === "source-hubspot-native")
      for (const { resource } of capture.bindings) resource.schedule = "* * * * *";
    stage.plane.apply(specs);
    await all();
    await waitFor({ what: "a refresh", deadline: 120, interval: 0.05 }, async () => {
      const { docs = 0 } = stage.plane.status(catalog.staging).collections[catalog.deals] ?? {};
      return docs >= 200 ? true : notYet(`${docs} documents of deals`);
    });
    await stage.saas.order("hubspot", "change", { object: "deals", create: 1 });
    await eventually("SELECT count(*) FROM hubspot_deals_staging", 101);
    const whole = `"properties/dealname" IS NOT NULL AND properties->>'dealname' IS NOT NULL`;
    expect(await value(`SELECT count(*) FROM hubspot_deals_staging WHERE ${whole}`)).toBe("101");
    expect(stage.plane.status(catalog.staging).failures).toBe(0);
  });

  test("P5 a plane that is ended and made anew goes on where the staging tables are", async () => {
    stage.plane.apply(stage.specs);
    await eventually("SELECT count(*) > 0 FROM hubspot_contacts_staging", true);
    await stage.plane.close();
    await stage.saas.order("hubspot", "change", { object: "deals", create: 11, update: 20, delete: 1 });
    await stage.saas.order("slack", "change", { post: 9 });
    const asked = stage.saas.hubspot.journal.length;
    stage.plane = newPlane();
    stage.plane.apply(stage.specs);
    await eventually("SELECT count(*) FROM hubspot_deals_staging", 110);
    await eventually("SELECT count(*) FROM slack_messages_staging", 409);
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 400);
    // What was read before is not read again: lists that begin at the beginning have no `after`.
    expect(stage.saas.hubspot.journal.length).toBeGreaterThan(asked);
  });

  test("P5 a PostgreSQL that crashes in the middle and comes back has everything once", async () => {
    await stage.saas.order("hubspot", "seed", { size: 6000 });
    stage.plane.apply(stage.specs);
    await eventually("SELECT count(*) > 300 FROM hubspot_contacts_staging", true);
    await stage.server.crash();
    await stage.saas.order("hubspot", "change", { object: "contacts", create: 5, delete: 2 });
    await waitFor({ what: "the task to fail", deadline: 120, interval: 0.05 }, async () =>
      stage.plane.status(catalog.staging).state === "failed" ? true : notYet("it does not say so"),
    );
    await stage.server.start();
    stage.admin = await stage.server.admin("sophia_staging");
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 4803);
    await eventually("SELECT count(*) FROM slack_messages_staging", 400);
    expect(stage.plane.status(catalog.staging).failures).toBeGreaterThan(0);
  });

  test("P1 a table that somebody made beforehand is refused, and left alone", async () => {
    await stage.admin.query("CREATE TABLE slack_channels_staging (id text)");
    stage.plane.apply(stage.specs);
    await waitFor({ what: "the task to fail", deadline: 120, interval: 0.05 }, async () => {
      const { state, message = "" } = stage.plane.status(catalog.staging);
      return state === "failed" && /not made by this task/.test(message)
        ? true
        : notYet(`${state} ${message}`);
    });
    expect(await value("SELECT count(*) FROM slack_channels_staging")).toBe("0");
    await stage.admin.query("DROP TABLE slack_channels_staging");
    await all();
  });

  test("P1 a raised backfill counter makes the table anew without dropping it", async () => {
    stage.plane.apply(stage.specs);
    await all();
    await stage.admin.query("CREATE VIEW seen AS SELECT id FROM hubspot_contacts_staging");
    await stage.admin.query("UPDATE hubspot_contacts_staging SET \"properties/email\" = 'wrong'");
    const again = structuredClone(stage.specs);
    const [contacts] = again.materializations[catalog.staging]?.bindings ?? [];
    if (contacts) contacts.backfill = 1;
    stage.plane.apply(again);
    await eventually(
      "SELECT count(*) FROM hubspot_contacts_staging WHERE \"properties/email\" <> 'wrong'",
      400,
    );
    await eventually("SELECT count(*) FROM seen", 400);
  });

  test("P1 a task that was deleted leaves its tables and forgets where it was", async () => {
    stage.plane.apply(stage.specs);
    await all();
    stage.plane.apply({ captures: {}, collections: {}, materializations: {} });
    await Promise.all(
      [catalog.hubspot, catalog.slack, catalog.staging].map((name) => stage.plane.delete(name)),
    );
    expect(await value("SELECT count(*) FROM flow_checkpoints_v1")).toBe("0");
    expect(await value("SELECT count(*) FROM hubspot_contacts_staging")).toBe("400");
    expect(stage.plane.status(catalog.staging).state).toBe("pending");
  });

  test("P1 of two planes the older one is shut out", async () => {
    stage.plane.apply(stage.specs);
    await all();
    const other = newPlane();
    other.apply(stage.specs);
    try {
      // Until the newer one has the tables, the older one may write: only what comes afterwards is refused.
      await waitFor({ what: "the newer plane to run", deadline: 120, interval: 0.05 }, async () => {
        const { state, message = "" } = other.status(catalog.staging);
        return state === "running" ? true : notYet(`${state} ${message}`);
      });
      await stage.saas.order("hubspot", "change", { object: "contacts", create: 50, delete: 10 });
      await eventually("SELECT count(*) FROM hubspot_contacts_staging", 440);
      await waitFor({ what: "the older plane to be shut out", deadline: 120, interval: 0.05 }, async () =>
        /fenced off/.test(stage.said.join()) ? true : notYet(stage.said.at(-1) ?? "nothing said"),
      );
    } finally {
      await other.close();
    }
  });
});

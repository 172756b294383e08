import { describe, expect, test } from "vitest";
import { notYet, waitFor } from "../../../../../components/core/wait.ts";
import { catalog } from "../../../../support/pipeline/specs.ts";
import { stageStaging } from "./stage.ts";

describe("HubSpot and Slack in trouble, or changed", () => {
  const { stage, value, eventually, all } = stageStaging();

  test.each([
    ["down", { kind: "down" }, /no answer/],
    ["token expired", { kind: "tokenExpired" }, /401/],
  ])(
    "P5 HubSpot with %s: said, Slack goes on, and afterwards nothing is missing",
    async (_, fault, message) => {
      stage.plane.apply(stage.specs);
      await all();
      await stage.saas.order("hubspot", "faults", fault);
      await stage.saas.order("hubspot", "change", { object: "contacts", create: 3 });
      await stage.saas.order("slack", "change", { post: 2 });
      await waitFor({ what: "the capture to fail", deadline: 120, interval: 0.05 }, async () => {
        const { state, message: why = "" } = stage.plane.status(catalog.hubspot);
        return state === "failed" && message.test(why) ? true : notYet(`${state} ${why}`);
      });
      await eventually("SELECT count(*) FROM slack_messages_staging", 402);
      expect(stage.plane.status(catalog.slack).state).toBe("running");
      await stage.saas.order("hubspot", "faults", { clear: true });
      await eventually("SELECT count(*) FROM hubspot_contacts_staging", 403);
      await waitFor({ what: "the capture to run", deadline: 120, interval: 0.05 }, async () =>
        stage.plane.status(catalog.hubspot).state === "running" ? true : notYet("it does not"),
      );
    },
  );

  test.each([
    ["429", "rateLimited"],
    ["500", "serverError"],
  ])("P5 HubSpot that answers %s is asked without end, and its task does not fail", async (_, kind) => {
    stage.plane.apply(stage.specs);
    await all();
    // More than any connector that gives up would ask.
    await stage.saas.order("hubspot", "faults", { kind, retryAfter: 0, next: 20 });
    await stage.saas.order("hubspot", "change", { object: "contacts", create: 3 });
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 403);
    expect(stage.plane.status(catalog.hubspot)).toMatchObject({ state: "running", failures: 0 });
  });

  test("P5 an access token that ends is renewed without a word", async () => {
    stage.plane.apply(stage.specs);
    await all();
    await stage.saas.order("hubspot", "expireTokens");
    await stage.saas.order("hubspot", "change", { object: "contacts", create: 1 });
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 401);
    expect(stage.plane.status(catalog.hubspot).failures).toBe(0);
  });

  test("P5 a record that does not fit stops its whole capture, and all goes in once it is mended", async () => {
    stage.plane.apply(stage.specs);
    await all();
    const { id } = await stage.saas.order("hubspot", "poison", { object: "contacts" });
    await stage.saas.order("hubspot", "change", { object: "contacts", create: 2 });
    await waitFor({ what: "the capture to fail", deadline: 120, interval: 0.05 }, async () => {
      const { state, message = "" } = stage.plane.status(catalog.hubspot);
      return state === "failed" && message.includes(`"id":${id}`) ? true : notYet(`${state} ${message}`);
    });
    expect(stage.plane.status(catalog.hubspot).message).toMatch(
      /^captured collection t\/hubspot\/contacts document failed validation .* document: \{/,
    );
    await stage.saas.order("hubspot", "change", { object: "deals", create: 3 });
    await stage.saas.order("slack", "change", { post: 2 });
    await eventually("SELECT count(*) FROM slack_messages_staging", 402);
    // It is tried again and again, and says at no moment that it runs.
    const tried = stage.plane.status(catalog.hubspot).failures;
    await waitFor({ what: "three more tries", deadline: 120, interval: 0.01 }, async () => {
      const { state, failures } = stage.plane.status(catalog.hubspot);
      expect(state).toBe("failed");
      return failures >= tried + 3 ? true : notYet(`${failures}`);
    });
    expect(await value("SELECT count(*) FROM hubspot_contacts_staging")).toBe("400");
    await stage.saas.order("hubspot", "mend", { object: "contacts", id });
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 402);
    await eventually("SELECT count(*) FROM hubspot_deals_staging", 103);
    await waitFor({ what: "the capture to run", deadline: 120, interval: 0.05 }, async () =>
      stage.plane.status(catalog.hubspot).state === "running" ? true : notYet("it does not"),
    );
  });

  test("P5 the same of Slack", async () => {
    stage.plane.apply(stage.specs);
    await all();
    const { posted } = await stage.saas.order("slack", "change", { post: 1 });
    await eventually("SELECT count(*) FROM slack_messages_staging", 401);
    const [place] = posted as { channel: string; ts: string }[];
    await stage.saas.order("slack", "poison", { ...place });
    await waitFor({ what: "the capture to fail", deadline: 120, interval: 0.05 }, async () => {
      const { state, message = "" } = stage.plane.status(catalog.slack);
      return state === "failed" && message.includes(String(place?.ts)) ? true : notYet(`${state} ${message}`);
    });
    await stage.saas.order("slack", "change", { post: 2, newChannels: 1 });
    await stage.saas.order("hubspot", "change", { object: "contacts", create: 1 });
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 401);
    await stage.saas.order("slack", "mend");
    await eventually("SELECT count(*) FROM slack_messages_staging", 403);
    await eventually("SELECT count(*) FROM slack_channels_staging", 4);
  });

  const columns = (table: string, name: string, what = "count(*)") =>
    `SELECT ${what} FROM information_schema.columns WHERE table_name = '${table}_staging' AND column_name = '${name}'`;

  test("P3 a property that HubSpot has anew is in the JSON column, as published; one that is gone leaves its column", async () => {
    const { plane, specs, saas } = stage;
    plane.apply(specs);
    await all();
    await saas.order("hubspot", "schema", { object: "contacts", add: { name: "budget", type: "number" } });
    const [id] = (await saas.order("hubspot", "change", { object: "contacts", update: 1 }))
      .updated as number[];
    await eventually(
      `SELECT properties->>'budget' IS NOT NULL FROM hubspot_contacts_staging WHERE id = ${id}`,
      true,
    );
    expect(await value(columns("hubspot_contacts", "properties/budget"))).toBe("0");

    // One that the published spec requires.
    const filled = `SELECT count("properties/company") FROM hubspot_contacts_staging`;
    const before = Number(await value(filled));
    expect(before).toBeGreaterThan(300);
    await saas.order("hubspot", "schema", { object: "contacts", remove: "company" });
    const { updated } = await saas.order("hubspot", "change", { object: "contacts", update: 5, create: 1 });
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 401);
    const touched = `id IN (${(updated as number[]).join(", ")})`;
    await eventually(
      `SELECT bool_and("properties/jobtitle" LIKE 'Changed%') FROM hubspot_contacts_staging WHERE ${touched}`,
      true,
    );
    // What HubSpot no longer sends keeps its value, and a new record has none.
    expect(await value(filled)).toBe(String(before));
    expect(await value(`SELECT "properties/company" FROM hubspot_contacts_staging ORDER BY id DESC`)).toBe(
      null,
    );
    expect(plane.status(catalog.hubspot).failures + plane.status(catalog.staging).failures).toBe(0);
  });

  test("P3 a HubSpot property whose type changes goes on as text, as the connector sends every property", async () => {
    const { plane, specs, saas } = stage;
    plane.apply(specs);
    await all();
    await saas.order("hubspot", "schema", { object: "contacts", add: { name: "company", type: "number" } });
    const { updated } = await saas.order("hubspot", "change", {
      object: "contacts",
      update: 3,
      properties: { company: "1250" },
    });
    const touched = `id IN (${(updated as number[]).join(", ")})`;
    await eventually(
      `SELECT count(*) FROM hubspot_contacts_staging WHERE ${touched} AND "properties/company" = '1250'`,
      3,
    );
    expect(await value(columns("hubspot_contacts", "properties/company", "data_type"))).toBe("text");
    expect(plane.status(catalog.hubspot).failures + plane.status(catalog.staging).failures).toBe(0);
  });

  test("P3 a field that Slack sends anew holds up nothing; one that it sends no more leaves its column", async () => {
    const { plane, specs, saas } = stage;
    plane.apply(specs);
    await all();
    await saas.order("slack", "schema", { add: { mood: "fine" }, remove: ["user"] });
    const { posted } = await saas.order("slack", "change", { post: 1 });
    const [message] = posted as { ts: string }[];
    await eventually(`SELECT "user" IS NULL FROM slack_messages_staging WHERE ts = '${message?.ts}'`, true);
    await eventually("SELECT count(*) FROM slack_messages_staging", 401);
    expect(await value(columns("slack_messages", "user"))).toBe("1");
    // The connector's schemas are its own: what they do not declare is carried nowhere.
    expect(await value(columns("slack_messages", "mood"))).toBe("0");
    await saas.order("slack", "schema", {});
    await eventually(
      `SELECT "user" IS NOT NULL FROM slack_messages_staging WHERE ts = '${message?.ts}'`,
      true,
    );
    expect(plane.status(catalog.slack).failures).toBe(0);
  });
});

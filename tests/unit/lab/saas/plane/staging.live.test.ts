import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { notYet, waitFor } from "../../../../../components/core/wait.ts";
import { createPlane, type RunningPlane } from "../../../../../lab/saas/estuary/plane/create.ts";
import type { LiveSpecs } from "../../../../../lab/saas/estuary/plane.ts";
import { type Saas, startSaas } from "../../../../support/pipeline/saas.ts";
import { catalog, stagingSpecs } from "../../../../support/pipeline/specs.ts";
import { startPostgres, type TestPostgres } from "../../../../support/servers/postgres.ts";

describe("HubSpot and Slack into PostgreSQL", () => {
  let server: TestPostgres;
  let admin: pg.Client;
  let saas: Saas;
  let plane: RunningPlane;
  let specs: LiveSpecs;
  const said: string[] = [];

  const newPlane = () =>
    createPlane({
      hubspotUrl: saas.hubspotUrl,
      slackUrl: saas.slackUrl,
      openWarehouse: () => Promise.reject(new Error("no warehouse here")),
      poll: 0.05,
      review: 0.2,
      backoff: { first: 0.05, most: 0.2 },
      log: (line) => said.push(line),
    });

  beforeAll(async () => {
    server = await startPostgres();
    const root = await server.admin();
    await root.query("CREATE ROLE flow_materialize LOGIN PASSWORD 'for-tests'");
    await root.end();
  });
  afterAll(() => server.stop());

  beforeEach(async () => {
    const root = await server.admin();
    await root.query("DROP DATABASE IF EXISTS sophia_staging WITH (FORCE)");
    await root.query("CREATE DATABASE sophia_staging OWNER flow_materialize");
    await root.end();
    admin = await server.admin("sophia_staging");
    admin.on("error", () => {});
    saas = await startSaas();
    const login = {
      address: `${server.host}:${server.port}`,
      user: "flow_materialize",
      database: "sophia_staging",
      credentials: { auth_type: "UserPassword" as const, password: "for-tests" },
    };
    specs = stagingSpecs(login, saas.hubspotConfig, saas.slackConfig);
    plane = newPlane();
  });
  afterEach(async () => {
    await plane.close();
    await admin.end();
    await saas.stop();
    said.length = 0;
  });

  const value = async (sql: string): Promise<unknown> => {
    const { rows } = await admin.query(sql);
    return Object.values(rows[0] ?? {})[0];
  };
  const eventually = (sql: string, expected: unknown, deadline = 20) =>
    waitFor({ what: `${sql} to be ${expected}`, deadline, interval: 0.05 }, async () => {
      const found = await value(sql);
      return String(found) === String(expected)
        ? true
        : notYet(`it is ${found}; ${said.at(-1) ?? "nothing said"}`);
    });
  const all = async () => {
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 400);
    await eventually("SELECT count(*) FROM hubspot_deals_staging", 100);
    await eventually("SELECT count(*) FROM slack_channels_staging", 3);
    await eventually("SELECT count(*) FROM slack_messages_staging", 400);
  };

  test("P1 what is at the sources is in the staging tables, in Estuary's layout", async () => {
    plane.apply(specs);
    await all();
    const { rows } = await admin.query(
      `SELECT column_name || ' ' || data_type AS c FROM information_schema.columns
       WHERE table_name = 'hubspot_contacts_staging' ORDER BY ordinal_position`,
    );
    const columns = rows.map(({ c }) => c);
    expect(columns.slice(0, 4)).toEqual([
      "id bigint",
      "archived boolean",
      "createdAt timestamp with time zone",
      "flow_published_at timestamp with time zone",
    ]);
    expect(columns).toContain("properties/email text");
    expect(columns).not.toContain("flow_document json");
    expect(plane.status(catalog.staging).state).toBe("running");
  });

  test("P1 insert, update and delete at HubSpot and Slack are right in the staging tables", async () => {
    plane.apply(specs);
    await all();
    const made = await saas.order("hubspot", "change", {
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
    const { posted } = await saas.order("slack", "change", { post: 4 });
    await eventually("SELECT count(*) FROM slack_messages_staging", 404);
    const [first, second] = posted as { channel: string; ts: string }[];
    await saas.order("slack", "change", { edit: [{ ...first, text: "mended" }], delete: [second] });
    await eventually("SELECT count(*) FROM slack_messages_staging", 403);
    await eventually(`SELECT text FROM slack_messages_staging WHERE ts = '${first?.ts}'`, "mended");
    const [gone] = made.deleted as number[];
    await saas.order("hubspot", "change", { object: "contacts", restoreIds: [gone] });
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 405);
  });

  test("P5 a plane that is ended and made anew goes on where the staging tables are", async () => {
    plane.apply(specs);
    await eventually("SELECT count(*) > 0 FROM hubspot_contacts_staging", true);
    await plane.close();
    await saas.order("hubspot", "change", { object: "deals", create: 11, update: 20, delete: 1 });
    await saas.order("slack", "change", { post: 9 });
    const asked = saas.hubspot.journal.length;
    plane = newPlane();
    plane.apply(specs);
    await eventually("SELECT count(*) FROM hubspot_deals_staging", 110);
    await eventually("SELECT count(*) FROM slack_messages_staging", 409);
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 400);
    // What was read before is not read again: lists that begin at the beginning have no `after`.
    expect(saas.hubspot.journal.length).toBeGreaterThan(asked);
  });

  test("P5 a PostgreSQL that crashes in the middle and comes back has everything once", async () => {
    await saas.order("hubspot", "seed", { size: 6000 });
    plane.apply(specs);
    await eventually("SELECT count(*) > 300 FROM hubspot_contacts_staging", true);
    await server.crash();
    await saas.order("hubspot", "change", { object: "contacts", create: 5, delete: 2 });
    await waitFor({ what: "the task to fail", deadline: 120, interval: 0.05 }, async () =>
      plane.status(catalog.staging).state === "failed" ? true : notYet("it does not say so"),
    );
    await server.start();
    admin = await server.admin("sophia_staging");
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 4803);
    await eventually("SELECT count(*) FROM slack_messages_staging", 400);
    expect(plane.status(catalog.staging).failures).toBeGreaterThan(0);
  });

  test.each([
    ["down", { kind: "down" }, /no answer/],
    ["token expired", { kind: "tokenExpired" }, /401/],
    ["429 storm", { kind: "rateLimited", retryAfter: 0 }, /429/],
  ])(
    "P5 HubSpot with %s: said, Slack goes on, and afterwards nothing is missing",
    async (_, fault, message) => {
      plane.apply(specs);
      await all();
      await saas.order("hubspot", "faults", fault);
      await saas.order("hubspot", "change", { object: "contacts", create: 3 });
      await saas.order("slack", "change", { post: 2 });
      await waitFor({ what: "the capture to fail", deadline: 120, interval: 0.05 }, async () => {
        const { state, message: why = "" } = plane.status(catalog.hubspot);
        return state === "failed" && message.test(why) ? true : notYet(`${state} ${why}`);
      });
      await eventually("SELECT count(*) FROM slack_messages_staging", 402);
      expect(plane.status(catalog.slack).state).toBe("running");
      await saas.order("hubspot", "faults", { clear: true });
      await eventually("SELECT count(*) FROM hubspot_contacts_staging", 403);
      await waitFor({ what: "the capture to run", deadline: 120, interval: 0.05 }, async () =>
        plane.status(catalog.hubspot).state === "running" ? true : notYet("it does not"),
      );
    },
  );

  test("P5 an access token that ends is renewed without a word", async () => {
    plane.apply(specs);
    await all();
    await saas.order("hubspot", "expireTokens");
    await saas.order("hubspot", "change", { object: "contacts", create: 1 });
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 401);
    expect(plane.status(catalog.hubspot).failures).toBe(0);
  });

  test("P5 a record that does not fit stops its whole capture, and all goes in once it is mended", async () => {
    plane.apply(specs);
    await all();
    const { id } = await saas.order("hubspot", "poison", { object: "contacts" });
    await saas.order("hubspot", "change", { object: "contacts", create: 2 });
    await waitFor({ what: "the capture to fail", deadline: 120, interval: 0.05 }, async () => {
      const { state, message = "" } = plane.status(catalog.hubspot);
      return state === "failed" && message.includes(`"id":${id}`) ? true : notYet(`${state} ${message}`);
    });
    expect(plane.status(catalog.hubspot).message).toMatch(
      /^captured collection t\/hubspot\/contacts document failed validation .* document: \{/,
    );
    await saas.order("hubspot", "change", { object: "deals", create: 3 });
    await saas.order("slack", "change", { post: 2 });
    await eventually("SELECT count(*) FROM slack_messages_staging", 402);
    // It is tried again and again, and says at no moment that it runs.
    const tried = plane.status(catalog.hubspot).failures;
    await waitFor({ what: "three more tries", deadline: 120, interval: 0.01 }, async () => {
      const { state, failures } = plane.status(catalog.hubspot);
      expect(state).toBe("failed");
      return failures >= tried + 3 ? true : notYet(`${failures}`);
    });
    expect(await value("SELECT count(*) FROM hubspot_contacts_staging")).toBe("400");
    await saas.order("hubspot", "mend", { object: "contacts", id });
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 402);
    await eventually("SELECT count(*) FROM hubspot_deals_staging", 103);
    await waitFor({ what: "the capture to run", deadline: 120, interval: 0.05 }, async () =>
      plane.status(catalog.hubspot).state === "running" ? true : notYet("it does not"),
    );
  });

  test("P5 the same of Slack", async () => {
    plane.apply(specs);
    await all();
    const { posted } = await saas.order("slack", "change", { post: 1 });
    await eventually("SELECT count(*) FROM slack_messages_staging", 401);
    const [place] = posted as { channel: string; ts: string }[];
    await saas.order("slack", "poison", { ...place });
    await waitFor({ what: "the capture to fail", deadline: 120, interval: 0.05 }, async () => {
      const { state, message = "" } = plane.status(catalog.slack);
      return state === "failed" && message.includes(String(place?.ts)) ? true : notYet(`${state} ${message}`);
    });
    await saas.order("slack", "change", { post: 2, newChannels: 1 });
    await saas.order("hubspot", "change", { object: "contacts", create: 1 });
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 401);
    await saas.order("slack", "mend");
    await eventually("SELECT count(*) FROM slack_messages_staging", 403);
    await eventually("SELECT count(*) FROM slack_channels_staging", 4);
  });

  test("P3 a property that HubSpot has anew becomes a column where fields are taken at that depth", async () => {
    const task = specs.materializations[catalog.staging];
    for (const binding of task?.bindings ?? []) binding.fields = { recommended: 2, require: [], exclude: [] };
    plane.apply(specs);
    await all();
    await saas.order("hubspot", "schema", { object: "contacts", add: { name: "budget", type: "number" } });
    const { updated } = await saas.order("hubspot", "change", { object: "contacts", update: 1 });
    const [id] = updated as number[];
    const columns = `SELECT count(*) FROM information_schema.columns WHERE table_name = 'hubspot_contacts_staging' AND column_name = 'properties/budget'`;
    await eventually(columns, 1);
    await eventually(
      `SELECT "properties/budget" IS NOT NULL FROM hubspot_contacts_staging WHERE id = ${id}`,
      true,
    );
    await saas.order("hubspot", "schema", { object: "contacts", remove: "budget" });
    await saas.order("hubspot", "change", { object: "contacts", create: 1 });
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 401);
    expect(await value(columns)).toBe("1");
  });

  test("P1 a table that somebody made beforehand is refused, and left alone", async () => {
    await admin.query("CREATE TABLE slack_channels_staging (id text)");
    plane.apply(specs);
    await waitFor({ what: "the task to fail", deadline: 120, interval: 0.05 }, async () => {
      const { state, message = "" } = plane.status(catalog.staging);
      return state === "failed" && /not made by this task/.test(message)
        ? true
        : notYet(`${state} ${message}`);
    });
    expect(await value("SELECT count(*) FROM slack_channels_staging")).toBe("0");
    await admin.query("DROP TABLE slack_channels_staging");
    await all();
  });

  test("P1 a raised backfill counter makes the table anew without dropping it", async () => {
    plane.apply(specs);
    await all();
    await admin.query("CREATE VIEW seen AS SELECT id FROM hubspot_contacts_staging");
    await admin.query("UPDATE hubspot_contacts_staging SET \"properties/email\" = 'wrong'");
    const again = structuredClone(specs);
    const [contacts] = again.materializations[catalog.staging]?.bindings ?? [];
    if (contacts) contacts.backfill = 1;
    plane.apply(again);
    await eventually(
      "SELECT count(*) FROM hubspot_contacts_staging WHERE \"properties/email\" <> 'wrong'",
      400,
    );
    await eventually("SELECT count(*) FROM seen", 400);
  });

  test("P1 a task that was deleted leaves its tables and forgets where it was", async () => {
    plane.apply(specs);
    await all();
    plane.apply({ captures: {}, collections: {}, materializations: {} });
    await Promise.all([catalog.hubspot, catalog.slack, catalog.staging].map((name) => plane.delete(name)));
    expect(await value("SELECT count(*) FROM flow_checkpoints_v1")).toBe("0");
    expect(await value("SELECT count(*) FROM hubspot_contacts_staging")).toBe("400");
    expect(plane.status(catalog.staging).state).toBe("pending");
  });

  test("P1 of two planes the older one is shut out", async () => {
    plane.apply(specs);
    await all();
    const other = newPlane();
    other.apply(specs);
    try {
      await saas.order("hubspot", "change", { object: "contacts", create: 50, delete: 10 });
      await eventually("SELECT count(*) FROM hubspot_contacts_staging", 440);
      expect(said.join()).toMatch(/fenced off/);
    } finally {
      await other.close();
    }
  });
});

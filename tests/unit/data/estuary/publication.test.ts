import { expect, test } from "vitest";
import { unknownValue } from "../../../../components/core/provider/unknown.ts";
import { publicationProvider } from "../../../../data/estuary/provider/publication.ts";
import { removeSpecs } from "../../../../data/estuary/reconcile/publication.ts";
import { Engine } from "./support/engine.ts";
import { clientOf, contextOf, somePrivateKey, someSecret, testEstuary, timing } from "./support/estuary.ts";
import { bring, changed, secrets, slack, specs } from "./support/publishing.ts";
import { everything } from "./support/specs.ts";

test("P1 all of it is published, in order, and deleted in the other", async () => {
  const estuary = await testEstuary();
  const context = contextOf(estuary);
  const made = [];
  made.push(await bring(context, "source-hubspot", specs.hubspot));
  made.push(await bring(context, "source-slack", specs.slack));
  made.push(await bring(context, "materialize-postgres", specs.staging));
  made.push(await bring(context, "source-postgres", specs.database));
  made.push(await bring(context, "materialize-snowflake", specs.warehouse));
  const { captures, collections, materializations } = estuary.plane.specs;
  expect(Object.keys(captures)).toHaveLength(3);
  expect(Object.keys(collections)).toHaveLength(11);
  expect(materializations["sophia/test/materialize-postgres"]).toMatchObject({
    connector: "materialize-postgres",
    onIncompatibleSchemaChange: "abort",
    bindings: [
      {
        source: "sophia/test/hubspot/contacts",
        resource: { table: "hubspot_contacts_staging", schema: "public" },
        fields: { recommended: 1, require: expect.arrayContaining(["properties/email"]) },
      },
      {},
      {},
      { source: "sophia/test/slack/channel_messages", fields: { require: ["_loaded_at"] } },
    ],
  });
  // What the plane is given is what was asked for, secrets included.
  const asked = specs.warehouse["sophia/test/materialize-snowflake"];
  expect(asked?.type === "materialization" && asked.model.endpoint.connector.config).toEqual(
    materializations["sophia/test/materialize-snowflake"]?.config,
  );
  expect(context.lines).toHaveLength(5);

  for (const one of made.reverse()) await removeSpecs(context, one);
  expect(estuary.control.store.state.live).toEqual({});
});

test("P1 a source is taken out while the warehouse runs, and every other stream goes on", async () => {
  const estuary = await testEstuary();
  const tasks = {
    hubspot: "source-hubspot",
    slack: "source-slack",
    staging: "materialize-postgres",
    database: "source-postgres",
    warehouse: "materialize-snowflake",
  } as const;
  const flows = Object.keys(tasks) as (keyof typeof tasks)[];
  const engines = Object.fromEntries(
    flows.map((flow) => [flow, new Engine(estuary, `sophia/test/${tasks[flow]}`)]),
  );
  const secret = someSecret();
  const key = somePrivateKey();
  const all = everything(() => secret, key);
  for (const flow of flows) expect((await engines[flow]?.up(all[flow]))?.outcome).toBe("done");
  // In the order of an update: what is no longer wanted goes last.
  const fewer = everything(() => secret, key, ["hubspot"]);
  const bindings = () =>
    estuary.plane.specs.materializations["sophia/test/materialize-snowflake"]?.bindings.map(
      ({ resource, disabled }) => `${resource.table}${disabled ? " disabled" : ""}`,
    );
  for (const flow of ["hubspot", "staging", "database"] as const)
    expect((await engines[flow]?.up(fewer[flow]))?.outcome, flow).toBe("done");
  expect(bindings()).toContain("slack_messages_staging disabled");
  expect(bindings()).toContain("hubspot_contacts_staging");
  expect((await engines.warehouse?.up(fewer.warehouse))?.outcome).toBe("done");
  expect(bindings()?.join()).not.toContain("slack");
  expect((await engines.slack?.destroy())?.outcome).toBe("done");
  expect(Object.keys(estuary.control.store.state.live).filter((name) => name.includes("slack"))).toEqual([]);
});

test("S1 no secret is in what Estuary's emulator keeps, in what is said, or in the outputs", async () => {
  const estuary = await testEstuary();
  const context = contextOf(estuary);
  const outputs = [];
  outputs.push(await bring(context, "source-hubspot", specs.hubspot));
  outputs.push(await bring(context, "source-slack", specs.slack));
  outputs.push(await bring(context, "materialize-postgres", specs.staging));
  const kept = JSON.stringify([estuary.control.store.state, outputs, context.lines, estuary.journal]);
  for (const secret of [...secrets, "PRIVATE KEY"]) expect(kept).not.toContain(secret);
});

test("somebody else's publication in between is a reason to publish again, not to fail", async () => {
  const estuary = await testEstuary();
  estuary.control.plan({ type: "buildIdLockFailure", next: 2 });
  await bring(contextOf(estuary), "source-slack", specs.slack);
  expect(estuary.journal.filter((operation) => operation === "CreatePublication")).toHaveLength(3);
  expect(estuary.plane.restarts.get(slack)).toBe(1);
});

test("where the agent API cannot start publications, PostgREST does", async () => {
  const estuary = await testEstuary({ createPublication: false });
  const api = clientOf(estuary);
  const draft = await api.createDraft("x");
  await expect(api.publish(draft, "x", "p")).rejects.toThrow(/set pipeline.estuary.restToken/);
  await api.deleteDraft(draft);
  const context = contextOf(estuary, { api: clientOf(estuary, { restToken: "public" }) });
  await bring(context, "source-slack", specs.slack);
  expect(estuary.journal).toContain("POST /rest/v1/publications");
  expect(estuary.plane.restarts.get(slack)).toBe(1);
});

test("what is live already, published by a run whose state is lost, is taken over as it is", async () => {
  const estuary = await testEstuary();
  const first = new Engine(estuary, slack);
  expect((await first.up(specs.slack)).outcome).toBe("done");
  const second = new Engine(estuary, slack);
  const { outcome, requests } = await second.up(specs.slack);
  expect(outcome).toBe("done");
  expect(requests).not.toContain("CreatePublication");
  expect(estuary.plane.restarts.get(slack)).toBe(1);
  expect(second.row?.outs).toEqual(first.row?.outs);
  // One collection that is not as it should be is published alone: the task goes on.
  const other = changed(specs.slack, "sophia/test/slack/channels", (model) => {
    model.readSchema = { allOf: [model.writeSchema, { $ref: "flow://inferred-schema" }] };
  });
  expect((await second.up(other)).outcome).toBe("done");
  expect(estuary.plane.restarts.get(slack)).toBe(1);
});

test("a task that somebody deleted is noticed by refresh, and published again", async () => {
  const estuary = await testEstuary();
  const engine = new Engine(estuary, slack);
  await engine.up(specs.slack);
  delete estuary.control.store.state.live[slack];
  expect((await engine.up(specs.slack)).requests).toEqual([]);
  await engine.refresh();
  expect((await engine.up(specs.slack)).outcome).toBe("done");
  expect(estuary.plane.restarts.get(slack)).toBe(2);
  estuary.control.store.reset();
  await engine.refresh();
  expect(engine.row).toBeUndefined();
});

test("P1 what a killed run published is taken back after a refresh, where the code has gone back", async () => {
  const estuary = await testEstuary();
  const engine = new Engine(estuary, slack);
  await engine.up(specs.slack);
  const recorded = engine.row;
  const name = "sophia/test/slack/channels";
  const other = changed(specs.slack, name, (model) => {
    model.readSchema = { allOf: [model.writeSchema, { $ref: "flow://inferred-schema" }] };
  });
  const live = () => estuary.control.store.state.live[name]?.model;
  const before = live();
  await engine.up(other);
  expect(live()).not.toEqual(before);
  engine.row = recorded;
  await engine.refresh();
  expect((await engine.up(specs.slack)).outcome).toBe("done");
  expect(live()).toEqual(before);
  // A refresh that finds everything as recorded gives no reason to publish.
  await engine.refresh();
  expect((await engine.up(specs.slack)).requests).toEqual([]);
});

test("previews with values that are not known yet are changes and no faults, others beside them are none", async () => {
  const estuary = await testEstuary();
  const provider = publicationProvider(() => contextOf(estuary));
  const old = { owner: slack, names: ["a"], types: {}, digests: {}, revision: "0" };
  const unknown = { owner: slack, names: ["a"], specs: unknownValue };
  expect((await provider.check?.({}, unknown))?.failures).toEqual([]);
  expect(await provider.diff?.(slack, old, unknown)).toMatchObject({ changes: true, replaces: [] });
  const wrong = { owner: "no name!", names: [], specs: {} };
  expect((await provider.check?.({}, wrong))?.failures?.map(({ property }) => property)).toEqual(["owner"]);
  expect(await provider.diff?.(slack, old, { ...unknown, owner: "sophia/other" })).toMatchObject({
    replaces: ["owner"],
    deleteBeforeReplace: true,
  });
});

test("P1 a task that fails until Estuary has inferred its schema is waited for, and one that goes on failing is not", async () => {
  const estuary = await testEstuary();
  const { plane, time } = estuary;
  const begun = time.now();
  // What Estuary says of a new materialization for its first minutes.
  const message = '_meta is missing inferredSchemaIsNotAvailable, document: {"email": "ann@example.com"}';
  const fails = { state: "failed", message, lastFailure: { message, at: begun } } as const;
  const status = plane.status.bind(plane);
  plane.status = (name) => ({ ...status(name), ...(time.now() - begun < 240_000 ? fails : {}) });
  const rare = { timing: { ...timing, pollInterval: 10 } };
  const context = contextOf(estuary, rare);
  await bring(context, "source-slack", specs.slack);
  expect(time.now() - begun).toBeGreaterThanOrEqual(240_000);
  const said = context.lines.filter((line) => line.includes("inferredSchemaIsNotAvailable"));
  expect(said).toEqual([expect.stringMatching(/source-slack is error: .*readyDeadline, 300 s/)]);
  expect(said.join()).not.toContain("example.com");

  plane.status = (name) => ({ ...status(name), ...fails });
  const other = changed(specs.slack, slack, (model) => {
    if ("interval" in model) model.interval = "10m";
  });
  await expect(bring(contextOf(estuary, rare), "source-slack", other)).rejects.toThrow(
    /does not run: waited 300 s for .*source-slack is error: .*inferredSchemaIsNotAvailable/,
  );
});

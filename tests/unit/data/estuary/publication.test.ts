import { describe, expect, test } from "vitest";
import { contextFrom } from "../../../../data/estuary/provider/context.ts";
import { publicationProvider, unknownValue } from "../../../../data/estuary/provider/publication.ts";
import { bringLive, removeSpecs } from "../../../../data/estuary/reconcile/publication.ts";
import type { Specs } from "../../../../data/estuary/spec/catalog.ts";
import { Engine } from "./support/engine.ts";
import { clientOf, contextOf, somePrivateKey, someSecret, testEstuary } from "./support/estuary.ts";
import { everything } from "./support/specs.ts";

const secrets: string[] = [];
const specs = everything(() => {
  const made = someSecret();
  secrets.push(made);
  return made;
}, somePrivateKey());
const slack = "sophia/test/source-slack";
const bring = (context: Parameters<typeof bringLive>[0], owner: string, some: Specs) =>
  bringLive(context, { owner: `sophia/test/${owner}`, specs: some });

/** What of a model is changed here. */
interface Loose {
  endpoint: { connector: { image: string; config: object } };
  bindings: { target: string }[];
  key: string[];
  readSchema: object;
}

/** The same with one thing in a model changed. */
function changed(some: Specs, name: string, change: (model: Loose) => void): Specs {
  const copy = structuredClone(some);
  change(copy[name]?.model as unknown as Loose);
  return copy;
}

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
      { source: "sophia/test/slack/channel_messages", fields: { require: [] } },
    ],
  });
  // What the plane is given is what was asked for, secrets included.
  const asked = specs.warehouse["sophia/test/materialize-snowflake"];
  expect(asked?.type === "materialization" && asked.model.endpoint.connector.config).toEqual(
    materializations["sophia/test/materialize-snowflake"]?.config,
  );
  expect(context.lines).toHaveLength(5);

  const [, , staging] = made;
  if (!staging) throw new Error("unreachable");
  // A collection cannot go while somebody reads it; nothing of it goes then.
  const [hubspot] = made;
  if (!hubspot) throw new Error("unreachable");
  await expect(removeSpecs(context, hubspot)).rejects.toThrow(
    /materialize-postgres: collection sophia\/test\/hubspot\/contacts, referenced by this materialization/,
  );
  expect(estuary.plane.specs.captures["sophia/test/source-hubspot"]).toBeDefined();
  for (const one of made.reverse()) await removeSpecs(context, one);
  expect(estuary.control.store.state.live).toEqual({});
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

describe("what Estuary refuses is told by spec, and nothing of it is live", () => {
  const cases: [string, Specs, RegExp][] = [
    [
      "an unknown image",
      changed(specs.slack, slack, (model) => {
        model.endpoint.connector.image = "ghcr.io/estuary/source-slak:v2";
      }),
      /ghcr.io\/estuary\/source-slak:v2 is unknown to Estuary: check its spelling/,
    ],
    [
      "a collection that is not there",
      changed(specs.slack, slack, (model) => {
        for (const binding of model.bindings) binding.target = "sophia/test/slack/nowhere";
      }),
      /source-slack: collection sophia\/test\/slack\/nowhere, referenced by this capture, is not defined/,
    ],
    [
      "a configuration that the connector does not know",
      changed(specs.slack, slack, (model) => {
        model.endpoint.connector.config = {
          start_date: "yesterday",
          credentials: { option_title: "API Token Credentials", api_token: "xoxb" },
        };
      }),
      /source-slack: endpoint configuration: .*lookback_window.*source-slack: endpoint configuration: \/start_date/s,
    ],
    [
      "a key that its schema does not require",
      changed(specs.slack, "sophia/test/slack/channels", (model) => {
        model.key = ["/name"];
      }),
      /slack\/channels: collection key \/name may not exist/,
    ],
    [
      "somebody else's name",
      { "acme/slack": specs.slack["sophia/test/slack/channels"] } as Specs,
      /acme\/slack: User is not authorized/,
    ],
  ];
  test.each(cases)("%s", async (_, some, message) => {
    const estuary = await testEstuary();
    await expect(bring(contextOf(estuary), "source-slack", some)).rejects.toThrow(message);
    expect(estuary.control.store.state.live).toEqual({});
    expect(estuary.control.store.state.drafts).toEqual({});
  });

  test("the change of a collection's key", async () => {
    const estuary = await testEstuary();
    const context = contextOf(estuary);
    const old = await bring(context, "source-slack", specs.slack);
    const other = changed(specs.slack, "sophia/test/slack/channel_messages", (model) => {
      model.key = ["/ts"];
    });
    await expect(bringLive(context, { owner: slack, specs: other }, old)).rejects.toThrow(
      /ended as buildFailed:\n {2}sophia\/test\/slack\/channel_messages: key change/,
    );
    expect(estuary.plane.specs.collections["sophia/test/slack/channel_messages"]?.key).toEqual([
      "/channel_id",
      "/ts",
    ]);
  });

  test("what its connector says after trying", async () => {
    const estuary = await testEstuary();
    estuary.plane.validate = async (_, tasks) =>
      tasks.map((name) => ({ name, binding: 1, detail: "not_in_channel" }));
    await expect(bring(contextOf(estuary), "source-slack", specs.slack)).rejects.toThrow(
      /source-slack: not_in_channel/,
    );
  });

  test.each(["testFailed", "publishFailed", "expectPubIdMismatch"] as const)("%s", async (type) => {
    const estuary = await testEstuary();
    await estuary.command("plan", { type, detail: "by command" });
    await expect(bring(contextOf(estuary), "source-slack", specs.slack)).rejects.toThrow(
      new RegExp(`ended as ${type}:\n.*by command`),
    );
  });
});

test("S1 a secret that comes back in clear is never published", async () => {
  const estuary = await testEstuary();
  const api = clientOf(estuary);
  const context = contextOf(estuary, {
    api: { ...api, encrypt: async (config) => ({ ...config, sops: {} }) },
  });
  await expect(bring(context, "source-slack", specs.slack)).rejects.toThrow(
    /left secrets in clear at \/credentials\/api_token; nothing was published/,
  );
  expect(estuary.journal).not.toContain("CreateDraft");
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
    model.readSchema = { type: "object", required: ["id"], properties: { id: { type: "string" } } };
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

test("a key that does not hold is told with what to do, without the key", async () => {
  const estuary = await testEstuary();
  const apiKey = `flow_sa_${someSecret()}`;
  const context = contextOf(estuary, { api: clientOf(estuary, { apiKey }) });
  const refused = bring(context, "source-slack", specs.slack);
  await expect(refused).rejects.toThrow(
    /credential \(401\)|invalid, expired, or unknown credential.*estuaryApiKey/,
  );
  await expect(refused).rejects.not.toThrow(apiKey);
  expect(() => contextFrom(() => undefined)).toThrow(/secret sophia-infra:estuaryApiKey is missing/);
  expect(() =>
    contextFrom((name) => (name.endsWith("ApiKey") ? apiKey : '{"estuary":{"agentUrl":"nowhere"}}')),
  ).toThrow(/sophia-infra:pipeline:.*agentUrl/s);
});

test("an answer that never comes, 429 and 503 end within their deadline", async () => {
  const estuary = await testEstuary();
  const context = contextOf(estuary);
  await estuary.command("fault", {
    operation: "LiveSpecs",
    next: 3,
    effect: { kind: "reply", status: 429, text: "slow down" },
  });
  await bring(context, "source-slack", specs.slack);
  const before = estuary.time.now();
  await estuary.command("fault", { next: 10_000, effect: { kind: "reply", status: 503, text: "down" } });
  await expect(bring(context, "source-hubspot", specs.hubspot)).rejects.toThrow(/Drafts: down \(503\)/);
  expect(estuary.time.now() - before).toBeGreaterThanOrEqual(60_000);
  expect(estuary.time.now() - before).toBeLessThan(120_000);
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

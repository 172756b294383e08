import { describe, expect, test } from "vitest";
import { contextFrom } from "../../../../data/estuary/provider/context.ts";
import { bringLive } from "../../../../data/estuary/reconcile/publication.ts";
import type { Specs } from "../../../../data/estuary/spec/catalog.ts";
import { clientOf, contextOf, someSecret, testEstuary } from "./support/estuary.ts";
import { bring, changed, slack, specs } from "./support/publishing.ts";

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
  await expect(bring(context, "source-hubspot", specs.hubspot)).rejects.toThrow(
    /Drafts: down \(retried for 60 s\) \(503\)/,
  );
  expect(estuary.time.now() - before).toBeGreaterThanOrEqual(60_000);
  expect(estuary.time.now() - before).toBeLessThan(120_000);
});

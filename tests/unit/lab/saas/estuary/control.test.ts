import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { bringLive } from "../../../../../data/estuary/reconcile/publication.ts";
import { connectors } from "../../../../../lab/saas/estuary/control/connectors.ts";
import { decryptConfig, encryptConfig, isEncrypted } from "../../../../../lab/saas/estuary/control/sops.ts";
import {
  clientOf,
  contextOf,
  somePrivateKey,
  someSecret,
  testEstuary,
} from "../../../data/estuary/support/estuary.ts";
import { everything } from "../../../data/estuary/support/specs.ts";

const specs = everything(() => someSecret(), somePrivateKey());
const slack = "sophia/test/source-slack";
const now = new Date("2026-11-21T00:00:00Z");

describe("encryption as sops does it", () => {
  const master = randomBytes(32);
  const schema = connectors.find(({ name }) => name === "materialize-snowflake")?.endpointSpecSchema;
  const task = specs.warehouse["sophia/test/materialize-snowflake"];
  const config = task?.type === "materialization" ? task.model.endpoint.connector.config : {};
  const encrypted = () => encryptConfig(master, config, schema, now);

  test("secrets only, under another name, another text each time, the same when decrypted", () => {
    const [one, other] = [encrypted(), encrypted()];
    expect(one).toMatchObject({
      host: config.host,
      credentials: {
        auth_type: "jwt",
        user: "ESTUARY",
        private_key_sops: expect.stringMatching(/^ENC\[AES256_GCM,data:.+,iv:.+,tag:.+,type:str\]$/),
      },
      sops: { encrypted_suffix: "_sops", version: expect.any(String), mac: expect.stringMatching(/^ENC/) },
    });
    expect(JSON.stringify(one)).not.toBe(JSON.stringify(other));
    expect(JSON.stringify(decryptConfig(master, one))).toBe(JSON.stringify(config));
    expect(encryptConfig(master, one, schema, now)).toBe(one);
    expect(isEncrypted(config)).toBe(false);
  });

  test("another order of fields, another value, and another key are noticed", () => {
    const { host, ...rest } = encrypted();
    expect(() => decryptConfig(master, { ...rest, host })).toThrow(/MAC mismatch: the order of fields/);
    expect(() => decryptConfig(master, { ...encrypted(), host: "other.snowflakecomputing.com" })).toThrow(
      /MAC mismatch/,
    );
    expect(() => decryptConfig(randomBytes(32), encrypted())).toThrow(/cannot be decrypted/);
    const { credentials } = encrypted();
    expect(() => decryptConfig(master, { ...encrypted(), credentials })).toThrow(/cannot be decrypted/);
  });

  test("a field that is not in the schema stays in clear, as with Estuary", () => {
    const hubspot = connectors.find(({ name }) => name === "source-hubspot-native")?.endpointSpecSchema;
    const token = someSecret();
    const made = encryptConfig(
      master,
      { credentials: { credentials_title: "Private App Credentials", access_token: token } },
      hubspot,
      now,
    );
    expect(JSON.stringify(made)).toContain(token);
  });
});

test("a restart keeps what is live and what is queued, and the plane is told", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sophia-estuary-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const stateFile = join(folder, "estuary.json");
  const first = await testEstuary({ stateFile });
  await bringLive(contextOf(first), { owner: slack, specs: specs.slack });
  const api = clientOf(first);
  const draft = await api.createDraft("left behind");
  await api.stage(draft, [{ name: slack }]);
  const job = await api.publish(draft, "left behind", "");
  first.close();
  expect((await stat(stateFile)).mode & 0o077).toBe(0);
  const text = await readFile(stateFile, "utf8");
  const [task] = Object.values(first.plane.specs.captures);
  expect(text).not.toContain(JSON.stringify(task?.config.credentials).slice(-20, -3));

  const second = await testEstuary({ stateFile });
  expect(second.plane.specs).toEqual(first.plane.specs);
  expect((await clientOf(second).publication(job))?.type).toBe("queued");
  await second.time.sleep(60_000);
  expect((await clientOf(second).publication(job))?.type).toBe("success");
  expect(second.plane.deleted).toEqual([slack]);
  expect(second.plane.specs.captures).toEqual({});
});

test("publications end also while nobody asks", async () => {
  const estuary = await testEstuary({ now: Date.now, publishSeconds: 0.02 });
  const api = clientOf(estuary);
  const draft = await api.createDraft("x");
  const { type, model } = specs.slack["sophia/test/slack/channels"] ?? {};
  await api.stage(draft, [{ name: "sophia/test/slack/channels", type, model } as never]);
  await api.publish(draft, "x", "");
  await expect
    .poll(() => Object.keys(estuary.plane.specs.collections))
    .toEqual(["sophia/test/slack/channels"]);
});

test("status, alerts and metrics tell what the plane tells", async () => {
  const estuary = await testEstuary();
  const { plane, time } = estuary;
  const api = clientOf(estuary);
  await bringLive(contextOf(estuary), { owner: slack, specs: specs.slack });
  const at = time.now();
  const progress = { docs: 7, bytes: 700, lastPublishedAt: at, bytesBehind: 0 };
  plane.statuses.set(slack, {
    state: "failed",
    message: "token_expired",
    lastFailure: { message: "token_expired", at },
    since: at,
    errors: 3,
    failures: 2,
    collections: { "sophia/test/slack/channels": progress },
  });
  const [live] = await api.live([slack]);
  expect(live?.status).toEqual({
    type: "ERROR",
    summary: "one or more task shards are failed: token_expired",
  });
  const authorization = `Bearer ${estuary.key}`;
  const asked = (path: string) => fetch(`${estuary.url}${path}`, { headers: { authorization } });
  const query = `query ($by: AlertsBy!) {
    alerts(by: $by, first: 100) { edges { node { alertType catalogName firedAt } } pageInfo { hasNextPage } }
  }`;
  const alerts = async (prefix: string) => {
    const response = await fetch(`${estuary.url}/api/graphql`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ query, variables: { by: { prefix, active: true } } }),
    });
    const { data } = (await response.json()) as { data: { alerts: { edges: { node: object }[] } } };
    return data.alerts.edges.map(({ node }) => node);
  };
  expect(await alerts("sophia/test/")).toEqual([]);
  await time.sleep(30_000);
  expect(await alerts("sophia/test/")).toEqual([
    { alertType: "shard_failed", catalogName: slack, firedAt: new Date(at + 30_000).toISOString() },
  ]);
  expect(await alerts("sophia/other/")).toEqual([]);

  const metrics = await (await asked("/api/v1/metrics/sophia/test/")).text();
  const labels = `task="${slack}",collection="sophia/test/slack/channels"`;
  expect(metrics).toContain(`logged_failures_total{task="${slack}"} 2\n`);
  expect(metrics).toContain(`captured_out_docs_total{${labels}} 7\n`);
  expect(metrics).toContain(`captured_last_published_at_time_seconds{${labels}} ${at / 1000}\n`);
  expect(metrics).not.toMatch(/materialized_[a-z_]+\{/);
  expect(metrics.trimEnd().endsWith("# EOF")).toBe(true);

  expect((await asked("/api/v1/metrics/sophia/test")).status).toBe(400);
  expect((await asked(`/api/v1/catalog/status?name=${slack}&name=sophia/nobody`)).status).toBe(404);
  expect(await (await asked(`/api/v1/catalog/status?name=${slack}`)).json()).toMatchObject([
    { catalog_name: slack, spec_type: "capture", summary: { status: "error" } },
  ]);
  plane.statuses.set(slack, { state: "pending" });
  expect((await api.live([slack]))[0]?.status?.type).toBe("WARNING");
});

test("keys open the agent API only, tokens both; both end", async () => {
  let keys = [`flow_sa_${someSecret()}`];
  const estuary = await testEstuary({ apiKeys: () => keys });
  const [key = ""] = keys;
  const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${estuary.url}${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers,
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  };
  const exchange = (api_key: string) => post("/api/v1/auth/token", { grant_type: "api_key", api_key });
  expect((await exchange("flow_sa_other")).status).toBe(401);
  expect((await post("/api/v1/auth/token", { grant_type: "password" })).status).toBe(400);
  const token = (await exchange(key)).body.access_token ?? "";
  const publish = (bearer: string, apikey?: string) =>
    post(
      "/rest/v1/publications",
      { draft_id: "none" },
      { authorization: `Bearer ${bearer}`, ...(apikey && { apikey }) },
    );
  expect((await publish(token)).body.message).toMatch(/No API key/);
  expect((await publish(key, "anon")).status).toBe(401);
  const drafts = { query: "{ drafts { edges { node { id } } } }", operationName: null };
  const listed = await post("/api/graphql", drafts, { authorization: `Bearer ${token}` });
  expect(listed).toEqual({ status: 200, body: { data: { drafts: { edges: [] } } } });
  await estuary.time.sleep(3_601_000);
  expect((await publish(token, "anon")).status).toBe(401);
  keys = [];
  expect((await post("/api/graphql", drafts, { authorization: `Bearer ${key}` })).status).toBe(401);
});

test("commands of the lab: faults, ends, journal, reset; what is none is refused by name", async () => {
  const estuary = await testEstuary();
  const context = contextOf(estuary);
  await bringLive(context, { owner: slack, specs: specs.slack });
  expect(await estuary.command("live")).toMatchObject({ specs: { [slack]: { type: "capture" } }, drafts: 0 });
  expect(await estuary.command("status")).toMatchObject({ tasks: { [slack]: { state: "running" } } });
  expect(await estuary.command("journal")).toMatchObject({
    operations: expect.arrayContaining(["CreateDraft", "POST /encryption/v1/encrypt-config"]),
  });
  await expect(estuary.command("plan", { type: "success" })).rejects.toThrow(/type/);
  await expect(estuary.command("nothing")).rejects.toThrow(/has no command nothing; it has reset/);
  await estuary.command("reset");
  expect(estuary.plane.specs.captures).toEqual({});
});

test("GraphQL beyond what is emulated is refused by name, half a spec too", async () => {
  const estuary = await testEstuary();
  const ask = async (query: string) => {
    const response = await fetch(`${estuary.url}/api/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${estuary.key}` },
      body: JSON.stringify({ query }),
    });
    return JSON.stringify(await response.json());
  };
  // Also when it is asked again: what was read is kept, what was refused is not.
  for (let time = 0; time < 2; time += 1) {
    expect(await ask("{ dataPlanes { edges { node { name } } } }")).toMatch(
      /Cannot query field .*dataPlanes/,
    );
    expect(await ask("{ drafts {")).toMatch(/Syntax Error/);
  }
  const { id } = estuary.control.createDraft(undefined);
  expect(
    await ask(
      `mutation { stageDraftSpecs(draftId: "${id}", specs: [{ catalogName: "a/b", catalogType: capture }]) }`,
    ),
  ).toMatch(/catalogType and model must both be given/);
});

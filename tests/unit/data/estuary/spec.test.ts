import { expect, test } from "vitest";
import { estuarySettings } from "../../../../components/settings/sections/estuary.ts";
import { changedSpecs } from "../../../../data/estuary/reconcile/publication.ts";
import { withBackfill } from "../../../../data/estuary/spec/backfill.ts";
import { hubspotCapture } from "../../../../data/estuary/spec/captures.ts";
import { spec } from "../../../../data/estuary/spec/catalog.ts";
import {
  canonical,
  detailOf,
  digestOf,
  isDetailOf,
  published,
} from "../../../../data/estuary/spec/digest.ts";
import { snowflakeMaterialization } from "../../../../data/estuary/spec/materializations.ts";
import { inClear, secretValues } from "../../../../data/estuary/spec/secrets.ts";
import { streamNames, streams, tableOf } from "../../../../data/estuary/spec/streams.ts";
import { everything } from "./support/specs.ts";

const pem = "-----BEGIN PRIVATE KEY-----\n<key>\n-----END PRIVATE KEY-----\n";
const all = everything((name) => `<${name}>`, pem);

test.each(Object.keys(all))("P1 %s has exactly the fields that its connector knows", async (name) => {
  const specs = all[name as keyof typeof all];
  await expect(`${JSON.stringify(specs, null, 2)}\n`).toMatchFileSnapshot(`golden/${name}.golden`);
  for (const one of Object.values(specs)) expect(spec.safeParse(one).success).toBe(true);
});

test("P1 every stream of the warehouse has a table that is captured, with its key", () => {
  const tables = streamNames.map((stream) => `sophia/test/postgres/public/${tableOf(stream)}`);
  expect(Object.keys(all.database).filter((name) => name !== "sophia/test/source-postgres")).toEqual(tables);
  for (const stream of streamNames) {
    const collection = all.database[`sophia/test/postgres/public/${tableOf(stream)}`];
    expect(collection?.model).toMatchObject({
      key: Object.keys(streams[stream].key).map((name) => `/${name}`),
    });
  }
});

test("what a connector would refuse is refused before it is sent, by name", () => {
  const hubspot = (interval: string) =>
    hubspotCapture("sophia/test", {
      clientId: "a",
      clientSecret: "b",
      refreshToken: "c",
      interval,
      schedule: "d",
    });
  expect(() => hubspot("5 minutes")).toThrow(/interval/);
  const snowflake = {
    database: "D",
    schema: "S",
    warehouse: "W",
    role: "R",
    user: "U",
    syncFrequency: "30m",
  };
  const build = (account: string, privateKey: string) =>
    snowflakeMaterialization("sophia/test", { ...snowflake, account, privateKey });
  expect(() => build("https://ZNB04675", pem)).toThrow(/snowflakecomputing/);
  expect(() => build("ZNB04675", pem.replace("PRIVATE", "ENCRYPTED PRIVATE"))).toThrow(/unencrypted PKCS8/);
  expect(() =>
    hubspotCapture("no prefix!", {
      clientId: "a",
      clientSecret: "b",
      refreshToken: "c",
      interval: "PT5M",
      schedule: "d",
    }),
  ).toThrow(/catalog name/);
});

test("P5 a counter reads one binding again, or all of a task, and nothing else", () => {
  const counters = { "source-postgres": 1, "source-postgres/gong_calls_staging": 3 };
  const bindings = (specs: typeof all.database, task: string) => {
    const found = withBackfill(specs, counters)[`sophia/test/${task}`];
    return found?.type === "collection" ? [] : (found?.model.bindings ?? []).map(({ backfill }) => backfill);
  };
  expect(bindings(all.database, "source-postgres")).toEqual([1, 1, 1, 1, 3, 1, 1]);
  expect(withBackfill(all.warehouse, counters)).toEqual(all.warehouse);
  const settings = (backfill: object) => estuarySettings.safeParse({ backfill }).success;
  expect(settings(counters)).toBe(true);
  expect(settings({ "source-postgre": 1 })).toBe(false);
});

test("the order of fields makes no difference to a digest, every value does", () => {
  expect(canonical({ b: [1, { d: null, c: undefined }], a: "x" })).toBe('{"a":"x","b":[1,{"d":null}]}');
  const [slack] = Object.values(all.slack).slice(-1);
  if (!slack) throw new Error("no Slack capture");
  expect(digestOf(structuredClone(slack))).toBe(digestOf(slack));
  expect(digestOf(JSON.parse(JSON.stringify(slack).replace("<bot token>", "<other token>")))).not.toBe(
    digestOf(slack),
  );
});

test("a publication's detail tells what it published, also after Estuary added to it", () => {
  const detail = detailOf("sophia/a", { "sophia/a": "0123", "sophia/a/b": "4567" });
  expect(published(`${detail} plus more`, "sophia/a/b", "4567")).toBe(true);
  expect(published(detail, "sophia/a", "4567")).toBe(false);
  expect(published("somebody sophia/a=0123", "sophia/a", "0123")).toBe(false);
  expect(isDetailOf("sophia/a", detail)).toBe(true);
  expect(isDetailOf("sophia/a", detailOf("sophia/ab", {}))).toBe(false);
  expect(isDetailOf("sophia/a", undefined)).toBe(false);
});

test("only specs that are not live as they should be are published", () => {
  const live = (detail?: string) => new Map([["sophia/a", { detail }]]);
  const changed = (known: string, detail?: string) =>
    changedSpecs({ "sophia/a": "new" }, live(detail), { "sophia/a": known });
  const ours = (digest: string) => detailOf("sophia/a", { "sophia/a": digest });
  expect(changedSpecs({ "sophia/a": "new" }, new Map(), { "sophia/a": "new" })).toEqual(["sophia/a"]);
  expect(changed("new", "updated by Estuary")).toEqual([]);
  expect(changed("old", "updated by Estuary")).toEqual(["sophia/a"]);
  expect(changed("old", ours("new"))).toEqual([]);
  // A killed run published something else than the state says.
  expect(changed("new", ours("other"))).toEqual(["sophia/a"]);
});

test("S1 secrets are found by the schema's marks and by their names, wherever they are", () => {
  const schema = {
    properties: {
      credentials: { oneOf: [{ properties: { key: { secret: true } } }, { properties: { other: {} } }] },
    },
  };
  const config = { user: "u", credentials: { key: "k1", other: "o", access_token: "t1" }, privateKey: "p1" };
  expect(secretValues(config, schema).sort()).toEqual(["k1", "p1", "t1"]);
  expect(inClear({ a: [{ b: "x t1 y" }], c: "fine" }, ["t1"])).toEqual(["/a/0/b"]);
});

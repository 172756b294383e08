import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { logins } from "../../../components/services/postgres/index.ts";
import { pipelineSettings } from "../../../components/settings/sections/pipeline.ts";
import { Pipeline, type PipelineArgs } from "../../../data/pipeline.ts";
import { repository } from "../../../tools/repository.ts";
import { rsaKey } from "../../support/servers/databases/snowflake.ts";
import { someSecret } from "./estuary/support/estuary.ts";

/* What previews of the committed stacks ask the engine for, with the secrets that their ESC environments bring. */

const read = (file: string) => parse(readFileSync(join(repository, file), "utf8"));

interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** How the engine marks a secret. */
const secretMark = "4dabf18193072939515e22adb298388d";
/** Values of the last plan's secrets. */
const given = new Map<string, string>();
const privateKey = rsaKey();

/** Names of the secrets that a stack's environment and those that it imports set. */
function secretsOf(environment: string): string[] {
  if (environment.endsWith("-secrets") || environment === "defaults") return [];
  const { imports = [], values } = read(`esc/sophia/${environment}.yaml`) as {
    imports?: string[];
    values?: { pulumiConfig?: Record<string, string> };
  };
  const own = Object.keys(values?.pulumiConfig ?? {}).map((key) => key.replace("sophia-infra:", ""));
  return [...own, ...imports.flatMap((name) => secretsOf(name.replace(/^sophia\/|@.*$/g, "")))];
}

/** All resources of the pipeline that a preview of a stack registers. `local` has the secrets of `dev`. */
async function planned(stack: string): Promise<Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs }) {
        registered.push({ type, name, inputs });
        return { id: `${name}-id`, state: { revision: `revision of ${name}`, ...inputs } };
      },
      call: () => ({}),
    },
    "sophia-infra",
    stack,
    true,
  );
  const { config } = read(`Pulumi.${stack}.yaml`) as { config: Record<string, unknown> };
  const names = secretsOf(stack === "local" ? "dev" : stack);
  given.clear();
  for (const name of names)
    given.set(name, /Key$/.test(name) && /private|tunnel/i.test(name) ? privateKey : someSecret());
  const byLogin = Object.fromEntries(logins.map(({ name }) => [name, `login-${name}`]));
  new Pipeline("pipeline", {
    settings: pipelineSettings.parse(config["sophia-infra:pipeline"]),
    image: "pipeline:1",
    namespace: "data",
    postgres: {
      host: "postgres-rw.data.svc",
      port: 5432,
      ca: "PEM",
      caSecret: "postgres-ca",
      passwords: byLogin,
      loginSecrets: byLogin,
    } as unknown as PipelineArgs["postgres"],
    secrets: Object.fromEntries([...given].map(([name, value]) => [name, pulumi.secret(value)])),
    tunnel: () => pulumi.output("ssh://estuary@203.0.113.7:22"),
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  setImmediate(resolve);
  await promise;
  await pulumi.runtime.disconnect();
  return registered;
}

const kinds = (all: readonly Registered[]) => all.map(({ type, name }) => `${type} ${name}`).sort();
const named = (all: readonly Registered[], name: string) =>
  all.find((one) => one.name === name)?.inputs as Record<string, never>;

/** Environment of a container, wherever it is in a manifest. */
function environmentIn(manifest: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  JSON.stringify(manifest, (key, value: unknown) => {
    if (key === "env" && Array.isArray(value))
      for (const { name, value: text } of value as { name: string; value?: string }[])
        if (text !== undefined) found[name] = text;
    return value;
  });
  return found;
}

test.each(["dev", "prod"])(
  "P1 a preview of %s plans the whole pipeline, against the vendors",
  async (stack) => {
    const all = await planned(stack);
    const tasks = [
      "source-hubspot",
      "source-slack",
      "materialize-postgres",
      "source-postgres",
      "materialize-snowflake",
    ];
    const publications = all.filter(({ type }) => type.endsWith("estuary:Publication"));
    expect(publications.map(({ inputs }) => inputs.owner).sort()).toEqual(
      tasks.map((task) => `sophia/${stack}/${task}`).sort(),
    );
    const types = new Set(all.map(({ type }) => type));
    for (const type of [
      "ResourceMonitor",
      "Warehouse",
      "Database",
      "Schema",
      "AccountRole",
      "GrantPrivilegesToAccountRole",
      "GrantAccountRole",
      "ServiceUser",
    ])
      expect(
        [...types].filter((one) => one.endsWith(`:${type}`)),
        type,
      ).toHaveLength(1);
    expect(all.filter(({ type }) => type.endsWith("estuary:ReplicationSlot"))).toHaveLength(1);
    expect(all.filter(({ type }) => type.endsWith(":ServiceUser"))).toHaveLength(2);

    const gong = all.find(({ type, name }) => type.endsWith(":CronJob") && name.includes("gong"));
    expect(environmentIn(gong?.inputs).SOPHIA_GONG_API_URL).toBe("https://api.gong.io");
    const quality = all.find(({ type, name }) => type.endsWith(":Deployment") && name.includes("quality"));
    expect(environmentIn(quality?.inputs)).toMatchObject({
      SOPHIA_SNOWFLAKE_URL: "https://znb04675.snowflakecomputing.com",
      SOPHIA_ESTUARY_URL: expect.stringMatching(/^https:\/\/agent-api-/),
      SOPHIA_HUBSPOT_URL: "https://api.hubapi.com",
      SOPHIA_ESTUARY_TASKS: tasks.map((task) => `sophia/${stack}/${task}`).join(","),
    });
    // The account's own address, not the lab's.
    const provider = named(all, "pipeline-snowflake-provider");
    expect(provider).toMatchObject({ accountName: "ZNB04675", user: "SCOOBYJAVA15" });
    expect(provider).not.toHaveProperty("host");
    const { agentUrl, restUrl, encryptionUrl } = pipelineSettings.parse(
      (read(`Pulumi.${stack}.yaml`) as { config: Record<string, unknown> }).config["sophia-infra:pipeline"],
    ).estuary;
    for (const url of [agentUrl, restUrl, encryptionUrl])
      expect(new URL(url).host).toMatch(/\.(run\.app|supabase\.co|estuary\.dev)$/);
  },
);

test("P1 dev, prod and the lab plan the same pipeline", async () => {
  const [dev, prod, local] = [await planned("dev"), await planned("prod"), await planned("local")];
  expect(kinds(dev).length).toBeGreaterThan(40);
  // The name of the provider is the stack's; all others are not.
  expect(kinds(prod)).toEqual(kinds(dev));
  expect(kinds(local)).toEqual(kinds(dev));
});

test("S1 what comes from ESC is secret wherever a preview hands it on", async () => {
  const all = await planned("prod");
  const text = JSON.stringify(all, (_, value: unknown) =>
    typeof value === "object" && value !== null && secretMark in value ? "hidden" : value,
  );
  expect(given.size).toBeGreaterThan(20);
  for (const [name, value] of given) expect(text, name).not.toContain(value.split("\n")[1] ?? value);
  // Some of them are there at all.
  expect(JSON.stringify(all)).toContain(given.get("gongAccessKeySecret"));
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { secrets } from "../../../../components/settings/environment/secrets.ts";
import { valuesOf } from "../../../../components/settings/environment/uses.ts";
import { pipelineSettings } from "../../../../components/settings/sections/pipeline.ts";
import { namesOf } from "../../../../data/snowflake/names.ts";
import { repository } from "../../../../tools/repository.ts";
import { snowflakeSection } from "../../../support/pipeline/settings.ts";

/** Section `pipeline` of a committed stack file. */
function pipelineOf(stack: string) {
  const { config } = parse(readFileSync(join(repository, `Pulumi.${stack}.yaml`), "utf8")) as {
    config: Record<string, unknown>;
  };
  return pipelineSettings.parse(config["sophia-infra:pipeline"]);
}

/** All that a stack makes in the account, but for what is inside a database of its own. */
function inAccount(stack: string): string[] {
  const { database, warehouse, monitor, logins } = namesOf(pipelineOf(stack).snowflake);
  const { loader, reader } = logins;
  return [database, warehouse, monitor, loader.role, loader.user, reader.role, reader.user];
}

test("P2 dev and prod share an account, and nothing in it", () => {
  const [dev, prod] = [inAccount("dev"), inAccount("prod")];
  expect(dev.filter((name) => prod.includes(name))).toEqual([]);
  expect(prod).toEqual([
    "SOPHIA_AI",
    "SOPHIA_AI_WH",
    "SOPHIA_AI_WH_MONITOR",
    "SOPHIA_LOADER",
    "SOPHIA_ESTUARY",
    "SOPHIA_READER",
    "SOPHIA_QUALITY",
  ]);
});

test("S1 dev and prod log in to the account with separate keys", () => {
  const keys = Object.entries(secrets).filter(([name]) => /^snowflake.*PrivateKey$/.test(name));
  expect(keys.map(([name]) => name)).toEqual([
    "snowflakePrivateKey",
    "snowflakeLoaderPrivateKey",
    "snowflakeReaderPrivateKey",
  ]);
  for (const [name, secret] of keys) {
    expect([name, valuesOf(secret, "dev"), valuesOf(secret, "prod")]).toEqual([
      name,
      "sophia/dev-secrets",
      "sophia/prod-secrets",
    ]);
  }
});

test("P2 the database is kept where its rows are somebody's", () => {
  expect(pipelineOf("prod").snowflake.keep).toBe(true);
  expect(pipelineOf("dev").snowflake.keep).toBe(false);
});

test("P1 dev and prod together leave Gong's other users of the account something of the day", () => {
  const share = (key: "requestsPerSecond" | "requestsPerDay") =>
    pipelineOf("dev").gong[key] + pipelineOf("prod").gong[key];
  expect(share("requestsPerDay")).toBeLessThan(10_000);
  // The MCP server of one stack takes one a second of three.
  expect(share("requestsPerSecond")).toBeLessThanOrEqual(2);
});

test("P2 a suffix that Snowflake would have to quote is refused", () => {
  expect(
    pipelineSettings.safeParse({ snowflake: { ...snowflakeSection, suffix: "-dev" } }).error?.issues[0]
      ?.message,
  ).toBe("parts of capital letters and digits, each after a _");
});

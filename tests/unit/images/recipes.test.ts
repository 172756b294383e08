import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type BuildSettings, recipes, tagOf, unknownBases } from "../../../components/images/families.ts";
import { parseConfig } from "../../../components/settings/parse.ts";
import { buildSettingsOf } from "../../../images/scan/stackFile.ts";
import { repository } from "../../../tools/repository.ts";

const digest = `sha256:${"ab".repeat(32)}`;
const settings: BuildSettings = {
  registry: { server: "ghcr.io", username: "u" },
  repository: "ghcr.io/team",
  platforms: ["linux/amd64", "linux/arm64"],
  bases: { node: `docker.io/library/node:24@${digest}`, debian: `docker.io/library/debian:12@${digest}` },
  services: { api: "services/api" },
};

test("W4 every family is built over the base, and the base over what the settings pin", () => {
  expect(
    recipes(settings).map(({ name, context, bases, overBase }) => [name, context, overBase, bases]),
  ).toEqual([
    ["base", "images/base", false, { NODE: settings.bases.node, DEBIAN: settings.bases.debian }],
    ["mcp-servers", ".", true, { NODE: settings.bases.node }],
    ["monitoring", "images/monitoring", true, { NODE: settings.bases.node }],
    ["api", "services/api", true, { NODE: settings.bases.node }],
  ]);
});

test("a tag says which stack pushed it", () => {
  expect(tagOf(settings, "base", "dev")).toMatch(/^ghcr\.io\/team\/base:\d+\.\d+\.\d+-dev$/);
});

test("digests that nobody looked up are told by the names of their settings", () => {
  expect(unknownBases(settings)).toEqual([]);
  const zeros = `docker.io/library/node:24@sha256:${"0".repeat(64)}`;
  expect(unknownBases({ ...settings, bases: { ...settings.bases, node: zeros } })).toEqual([
    "images.build.bases.node",
  ]);
});

describe("settings", () => {
  const rawOf = (stack: string, secrets: Record<string, string>) => {
    const { config } = parse(readFileSync(join(repository, `Pulumi.${stack}.yaml`), "utf8")) as {
      config: Record<string, unknown>;
    };
    const values = Object.entries(config).map(([key, value]) => [
      key.replace("sophia-infra:", ""),
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    return {
      values: { ...Object.fromEntries(values), ...secrets } as Record<string, string>,
      secretKeys: new Set(Object.keys(secrets)),
    };
  };
  const pem = (kind: string) => `-----${`BEGIN ${kind}`}-----`;
  const secrets = {
    lambdaApiKey: "placeholder",
    sshPrivateKey: pem("PRIVATE KEY"),
    tlsCertificate: pem("CERTIFICATE"),
    tlsKey: pem("PRIVATE KEY"),
  };

  test("S1 a stack that builds needs the registry's password", () => {
    const result = parseConfig(rawOf("dev", secrets));
    expect(result).toMatchObject({
      ok: false,
      faults: [{ path: "registryPassword", message: "missing; images.build pushes to a registry with it" }],
    });
  });

  test("W4 dev and prod build for both platforms from pinned bases; the lab builds nothing by the stack", async () => {
    for (const stack of ["dev", "prod"]) {
      const build = await buildSettingsOf(stack);
      expect(build.platforms).toEqual(["linux/amd64", "linux/arm64"]);
      // An update refuses bases whose digest was not looked up.
      expect(unknownBases(build), stack).toEqual([]);
    }
    await expect(buildSettingsOf("local")).rejects.toThrow("Pulumi.local.yaml builds no images");
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect, onTestFinished, test, vi } from "vitest";
import { parse } from "yaml";
import { selfSigned } from "../../../components/services/gpuMetrics/certificateProvider.ts";
import { readConfiguration } from "../../../components/settings/read.ts";
import { repository } from "../../../tools/repository.ts";
import { placeholders } from "./placeholders.ts";

const secrets = await placeholders(["dev.sophia.example"]);

/** Reads the committed stack file of dev as a preview or an update would. */
async function reading(isPreview: boolean, given = secrets) {
  const registered: string[] = [];
  const newResource = ({ name }: pulumi.runtime.MockResourceArgs) => {
    registered.push(name);
    return { id: name, state: {} };
  };
  const mocks = { newResource, call: () => ({}) };
  await pulumi.runtime.setMocks(mocks, "sophia-infra", "dev", isPreview);
  const { config } = parse(readFileSync(join(repository, "Pulumi.dev.yaml"), "utf8")) as {
    config: Record<string, unknown>;
  };
  const own = Object.entries(given).map(([name, value]) => [`sophia-infra:${name}`, value]);
  const plain = Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]);
  const keys = own.map(([key]) => key ?? "");
  pulumi.runtime.setAllConfig(Object.fromEntries([...plain, ...own]), keys);
  vi.stubEnv("PULUMI_CONFIG_SECRET_KEYS", JSON.stringify(keys));
  onTestFinished(() => void vi.unstubAllEnvs());
  const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
  onTestFinished(() => warn.mockRestore());
  return { warn, registered };
}

test("P2 an update without the organization of Snowflake's account is refused before anything is registered", async () => {
  const { registered } = await reading(false);
  expect(() => readConfiguration(() => [])).toThrow(
    /1 setting of stack dev cannot be used \(nothing was created\):\n {2}pipeline\.snowflake\.organization: missing; .*CURRENT_ORGANIZATION_NAME/,
  );
  expect(registered).toEqual([]);
});

test("P2 a preview without it warns that the update will be refused", async () => {
  const { warn } = await reading(true);
  expect(readConfiguration(() => []).settings.pipeline.snowflake.account).toBe("ZNB04675");
  expect(warn.mock.calls).toEqual([
    [
      expect.stringMatching(
        /update of stack dev will be refused: pipeline\.snowflake\.organization: missing/,
      ),
    ],
  ]);
});

test("N1 an update with the key of another certificate is refused before anything is registered; a preview warns", async () => {
  const given = { ...secrets, tlsKey: (await selfSigned(["dev.sophia.example"])).key };
  const { registered } = await reading(false, given);
  expect(() => readConfiguration(() => [])).toThrow(
    /tlsCertificate: its first certificate is not that of tlsKey/,
  );
  expect(registered).toEqual([]);
  const { warn } = await reading(true, given);
  readConfiguration(() => []);
  expect(warn.mock.calls.join()).toMatch(/will be refused: tlsCertificate: its first certificate/);
});

test("M1 a fault that only the catalog of the MCP servers reveals comes with the others, before anything is registered", async () => {
  const { registered } = await reading(false);
  const faults = () => [{ path: "mcp.enabled[0]", message: "there is no MCP server rediss" }];
  expect(() => readConfiguration(faults)).toThrow(
    /2 settings of stack dev cannot be used \(nothing was created\):\n {2}mcp\.enabled\[0\]: there is no MCP server rediss\n {2}pipeline\./,
  );
  expect(registered).toEqual([]);
});

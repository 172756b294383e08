import { describe, expect, test } from "vitest";
import { drain } from "../../../../components/services/nginx.ts";
import { variablesFor } from "../../../../components/settings/environment/variables/index.ts";
import { catalog } from "../../../../mcp/catalog/index.ts";
import { gongTools } from "../../../../mcp/servers/gong/tools.ts";
import { type Tool, usualTimeout } from "../../../../mcp/servers/kit/tool.ts";
import { rentalTools } from "../../../../mcp/servers/lambda_labs_cli/tools.ts";
import { redisTools } from "../../../../mcp/servers/redis/tools.ts";
import { inferenceTools } from "../../../../mcp/servers/sophia_ai_intelligence/tools.ts";
import { businessTools } from "../../../../mcp/servers/sophia_business_intelligence/tools.ts";
import { dataTools } from "../../../../mcp/servers/sophia_data_intelligence/tools.ts";
import { infrastructureTools } from "../../../../mcp/servers/sophia_infrastructure/tools.ts";

const away = (): never => {
  throw new Error("no tool is called here");
};
const database = {
  target: { host: "x", port: 1, database: "x", user: "x", timeout: 1 },
  read: away,
  close: away,
};
/** Seconds that the language models' endpoint may be given at most. */
const mostForInference = 120;

/** The tools of every server that is written here, with the longest times that settings allow. */
const tools: Record<string, Tool[]> = {
  sophia_ai_intelligence: inferenceTools({ api: away, maxTokens: 1, timeout: mostForInference }),
  sophia_business_intelligence: businessTools(database),
  sophia_data_intelligence: dataTools(database),
  sophia_infrastructure: infrastructureTools({
    hosts: away,
    kubernetes: { nodes: away, pods: away },
    instances: away,
  }),
  lambda_labs_cli: rentalTools({
    account: { apiUrl: "http://127.0.0.1:1", apiKey: away, requestsPerSecond: 1 },
    changesAllowed: true,
    ownHosts: away,
  }),
  gong: gongTools(away),
  redis: redisTools({ command: away, close: away }, true),
};

test("W3 Nginx lets a call finish that is under way when its pod ends", () => {
  expect(drain).toBeGreaterThan(Math.max(...catalog.map(({ timeout }) => timeout)));
});

describe("the gateway's timeouts", () => {
  const own = catalog.filter((entry) => entry.kind !== "remote" && entry.source.registry === "own");

  test.each(own.map((entry) => [entry.name, entry] as const))(
    "M3 is longer than any tool of %s takes, and not by much",
    (name, { timeout }) => {
      const times = (tools[name] ?? []).map((tool) => tool.timeout ?? usualTimeout);
      expect(times.length).toBeGreaterThan(0);
      const late = (tools[name] ?? []).filter((tool) => (tool.timeout ?? usualTimeout) >= timeout);
      expect(
        late.map((tool) => `${tool.name} may take ${tool.timeout ?? usualTimeout} s of ${timeout}`),
      ).toEqual([]);
      expect(timeout - Math.max(...times)).toBeLessThanOrEqual(10);
    },
  );

  test("M3 no setting lets the language models' endpoint take longer", () => {
    const found = variablesFor("mcp/sophia_ai_intelligence").find(
      ([name]) => name === "SOPHIA_INFERENCE_TIMEOUT",
    );
    const allowed = (seconds: number) => found?.[1].schema.safeParse(String(seconds)).success;
    expect([allowed(mostForInference), allowed(mostForInference + 1)]).toEqual([true, false]);
  });
});

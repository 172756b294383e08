import { describe, expect, test } from "vitest";
import { mcpSettings } from "../../../../components/settings/sections/services.ts";
import { type Choice, choose, notice, secretsOf } from "../../../../mcp/catalog/choose.ts";
import { catalogFaults } from "../../../../mcp/catalog/faults.ts";
import { catalog } from "../../../../mcp/catalog/index.ts";

const given = new Set(["lambdaApiKey"]);
const decide = (settings: object = {}, secrets: ReadonlySet<string> = given) =>
  choose(catalog, mcpSettings.parse(settings), secrets);
const faultsWith = (settings: object) =>
  catalogFaults(mcpSettings.parse(settings)).map(({ path, message }) => `${path}: ${message}`);
const running = (choices: Choice[]) =>
  choices.filter(({ enabled }) => enabled).map(({ entry }) => entry.name);
const reason = (choices: Choice[], name: string) => {
  const choice = choices.find(({ entry }) => entry.name === name);
  return choice && !choice.enabled ? choice.reason : undefined;
};

/** The stack's LLM endpoint. */
const llm = (url: string) => ({
  sophia_ai_intelligence: { variables: { SOPHIA_INFERENCE_API_URL: url } },
});

describe("which servers run", () => {
  test("M1 a server whose secret is missing stays off, and says which", () => {
    const choices = decide();
    expect(running(choices)).not.toContain("notion");
    expect(reason(choices, "notion")).toBe("needs notionToken in the stack's ESC environment");
    expect(reason(choices, "gong")).toBe(
      "needs gongAccessKey and gongAccessKeySecret in the stack's ESC environment",
    );
    expect(running(decide({}, new Set([...given, "notionToken"])))).toContain("notion");
    expect(notice(choices)).toContain("notion (needs notionToken");
  });

  test("M1 servers without a secret of a vendor run", () => {
    expect(running(decide())).toEqual(
      expect.arrayContaining([
        "sophia_infrastructure",
        "lambda_labs_cli",
        "redis",
        "postgres",
        "memory",
        "playwright",
      ]),
    );
  });

  test("M1 with every secret, all run but those that cannot", () => {
    const every = new Set(catalog.flatMap(({ name }) => secretsOf(name)));
    const url = "https://account.snowflakecomputing.com/api/v2/databases/D/schemas/S/mcp-servers/N";
    const servers = {
      snowflake: { url },
      snowflake_admin: { url },
      snowflake_cortex: { url },
      ...llm("https://llm.example.com/v1"),
    };
    const choices = decide({ servers }, every);
    expect(choices.filter(({ enabled }) => !enabled).map(({ entry }) => entry.name)).toEqual([
      "salesforce",
      "docker",
    ]);
    expect(reason(decide({}, every), "snowflake")).toBe("needs its endpoint in mcp.servers.snowflake.url");
  });

  test("L8 the language models' server runs where the stack names an endpoint and has its key, and says what it lacks", () => {
    const name = "sophia_ai_intelligence";
    const key = new Set([...given, "lambdaInferenceApiKey"]);
    const url = "SOPHIA_INFERENCE_API_URL in mcp.servers.sophia_ai_intelligence.variables";
    expect(reason(decide({}, key), name)).toBe(`needs ${url}`);
    const secret = "lambdaInferenceApiKey in the stack's ESC environment";
    expect(reason(decide(), name)).toBe(`needs ${secret}, and ${url}`);
    const servers = llm("http://10.0.0.5:8000/v1");
    expect(reason(decide({ servers }), name)).toBe(`needs ${secret}`);
    expect(running(decide({ servers }, key))).toContain(name);
    expect(faultsWith({ servers: llm("llm.example.com/v1") })).toEqual([
      "mcp.servers.sophia_ai_intelligence.variables.SOPHIA_INFERENCE_API_URL: Invalid URL",
    ]);
  });

  test("M1 the settings say who runs, and who does not", () => {
    expect(running(decide({ enabled: ["redis", "memory"], disabled: ["memory"] }))).toEqual(["redis"]);
  });

  test("M1 what is wrong is told at once, each with its path", () => {
    const wrong = {
      enabled: ["rediss", "docker"],
      disabled: ["nobody"],
      servers: {
        memroy: {},
        redis: { variables: { SOPHIA_REDIS_WRITABLE: "yes", OTHER: "1" } },
        notion: { variables: { NOTION_TOKEN: "x" } },
      },
    };
    expect(faultsWith(wrong)).toEqual([
      "mcp.enabled[0]: there is no MCP server rediss; did you mean redis?",
      "mcp.disabled[0]: there is no MCP server nobody; docs/mcp-servers.md lists them",
      "mcp.servers.memroy: there is no MCP server memroy; did you mean memory?",
      expect.stringMatching(/^mcp\.enabled\[1\]: docker cannot be enabled: .*socket/),
      expect.stringMatching(/^mcp\.servers\.redis\.variables\.SOPHIA_REDIS_WRITABLE: /),
      expect.stringMatching(/^mcp\.servers\.redis\.variables\.OTHER: redis does not read it/),
      expect.stringMatching(/^mcp\.servers\.notion\.variables\.NOTION_TOKEN: is a secret/),
    ]);
  });

  test("M2 what an entry cannot use is refused with its reason, and what it can is not", () => {
    const two = { replicas: { min: 2, max: 2 } };
    const url = "https://vendor.example/mcp";
    const wrong = {
      playwright: two,
      memory: two,
      notion: two,
      snowflake: { url, ...two, image: "a:1", resources: mcpSettings.parse({}).resources },
      redis: { url },
      sophia_infrastructure: { image: "a:1" },
    };
    const faults = [
      "mcp.servers.playwright.replicas: at most 1 replica: it keeps a client's state in its session, and the next request must reach the same one",
      "mcp.servers.memory.replicas: at most 1 replica: the sessions of a bridged server live in its bridge",
      "mcp.servers.notion.replicas: at most 1 replica: the sessions of a bridged server live in its bridge",
      "mcp.servers.snowflake.replicas: snowflake runs at its vendor's",
      "mcp.servers.snowflake.image: snowflake runs at its vendor's",
      "mcp.servers.snowflake.resources: snowflake runs at its vendor's",
      "mcp.servers.redis.url: redis runs in the cluster",
      "mcp.servers.sophia_infrastructure.image: sophia_infrastructure has no image of its own; mcp.image is that of all such servers",
    ];
    expect(faultsWith({ servers: wrong }).sort()).toEqual(faults.sort());
    const usable = {
      playwright: { replicas: { min: 1, max: 1 } },
      sophia_infrastructure: two,
      github: { image: "a:1" },
      snowflake: { url },
      pulumi: { url },
    };
    expect(faultsWith({ servers: usable })).toEqual([]);
  });
});

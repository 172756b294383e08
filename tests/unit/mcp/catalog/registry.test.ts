import { describe, expect, test } from "vitest";
import { z } from "zod";
import { mcpSettings } from "../../../../components/settings/sections/services.ts";
import { choose } from "../../../../mcp/catalog/choose.ts";
import { catalog } from "../../../../mcp/catalog/index.ts";
import { gatewayPath, ownPath, reachedAt } from "../../../../mcp/catalog/reach.ts";
import { registryDocument, serverJson } from "../../../../mcp/catalog/registry.ts";
import { summaries } from "../../../../mcp/platform.ts";

const label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
const exactVersion = z
  .string()
  .max(255)
  .regex(/^\d+\.\d+\.\d+([-+.][0-9A-Za-z.-]+)?$/);
const input = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  isRequired: z.boolean(),
  isSecret: z.boolean(),
});
const http = z.strictObject({
  type: z.literal("streamable-http"),
  url: z.string().regex(/^https?:\/\/[^\s]+$/),
  headers: z.array(input).optional(),
});
const transport = z.union([z.strictObject({ type: z.literal("stdio") }), http]);
const versioned = z.strictObject({
  registryType: z.enum(["npm", "pypi"]),
  identifier: z.string().min(1),
  version: exactVersion,
  transport,
});
/** Of an image the version is its tag. */
const image = z.strictObject({
  registryType: z.literal("oci"),
  identifier: z.string().regex(/^[a-z0-9./-]+:v?\d[\w.-]*$/),
  transport,
});

/**
 * What the official registry asks of a `server.json`, of the fields that we write: a field that it does not know is wrong.
 * https://modelcontextprotocol.io/registry/remote-servers
 */
const serverSchema = z.strictObject({
  $schema: z.literal("https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"),
  // A name of DNS backwards, one slash, and a name that begins and ends with a letter or digit.
  name: z
    .string()
    .min(3)
    .max(200)
    .regex(new RegExp(`^${label}(\\.${label})+/[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$`)),
  description: z.string().min(1).max(100),
  version: exactVersion,
  packages: z
    .array(z.union([versioned, image]))
    .min(1)
    .optional(),
  // Without one nothing would say how the server is reached here.
  remotes: z
    .array(http.extend({ url: z.string().regex(/^https:\/\/[^\s]+$/), headers: z.array(input).min(1) }))
    .length(1),
  _meta: z.strictObject({ "io.modelcontextprotocol.registry/publisher-provided": z.looseObject({}) }),
});

const host = "mcp.sophia.example";
const all = serverJson(catalog, host);
const byName = (name: string) => all.find((server) => server.name === `example.sophia.mcp/${name}`);

describe("server.json", () => {
  test("M3 every server keeps to the registry's rules, all that is required and nothing unknown", () => {
    const checked = all.map((server) => serverSchema.safeParse(server));
    expect(checked.flatMap(({ error }) => (error ? [z.prettifyError(error)] : []))).toEqual([]);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  test.each([
    ["version", { version: "latest" }],
    ["description", { description: "x".repeat(101) }],
    ["name", { name: "memory" }],
    ["remotes", { remotes: [] }],
    ["packages", { packages: [{ registryType: "npm", identifier: "x", transport: { type: "stdio" } }] }],
    ["", { tools: [] }],
  ])("M3 the rules refuse a wrong %s", (path, change) => {
    const { error } = serverSchema.safeParse({ ...byName("memory"), ...change });
    expect(error?.issues[0]?.path[0] ?? "").toBe(path);
  });

  test("M3 servers that cannot run are not announced, all others are", () => {
    const announced = catalog.filter(({ unavailable }) => !unavailable).map(({ name }) => name);
    expect(all.map(({ name }) => name.split("/")[1])).toEqual(announced);
    expect(announced).not.toContain("docker");
  });

  test("M3 each URL is one that Nginx has: the server's own, or the gateway's where there is none", () => {
    const on = catalog.filter(({ unavailable }) => !unavailable);
    const routes = summaries(on.map((entry) => ({ entry, enabled: true }))).flatMap(({ path }) => path ?? []);
    const known = [gatewayPath, ...routes].map((path) => `https://${host}${path}`);
    const urls = all.map(({ remotes }) => remotes[0]?.url ?? "");
    expect(urls.filter((url) => !known.includes(url))).toEqual([]);
    expect(byName("github")?.remotes[0]?.url).toBe(`https://${host}/mcp`);
    expect(byName("memory")?.remotes[0]?.url).toBe(`https://${host}/mcp/memory`);
  });

  test("M3 a stack announces only what it runs", () => {
    const settings = mcpSettings.parse({ enabled: ["redis"] });
    const running = choose(catalog, settings, new Set()).flatMap((choice) =>
      choice.enabled ? [choice.entry] : [],
    );
    const { servers } = JSON.parse(registryDocument(running, host)) as { servers: { name: string }[] };
    expect(servers.map(({ name }) => name)).toEqual(["example.sophia.mcp/redis"]);
  });

  test("M3 a server's package says how to run it elsewhere", () => {
    expect(byName("memory")?.packages).toMatchObject([
      {
        registryType: "npm",
        identifier: "@modelcontextprotocol/server-memory",
        transport: { type: "stdio" },
      },
    ]);
    expect(byName("github")?.packages).toMatchObject([
      { registryType: "oci", identifier: expect.stringContaining(":v") },
    ]);
    expect(byName("redis")).not.toHaveProperty("packages");
  });
});

test("M3 what only the gateway knows the token of has no path of its own; what cannot be run has none at all", () => {
  const at = Object.fromEntries(catalog.map((entry) => [entry.name, reachedAt(entry)]));
  expect(at).toMatchObject({
    redis: ["/mcp", "/mcp/redis"],
    playwright: ["/mcp/playwright"],
    github: ["/mcp"],
    snowflake: ["/mcp"],
    pulumi: ["/mcp"],
    docker: [],
    salesforce: [],
  });
  const lost = catalog.filter((entry) => !entry.unavailable && reachedAt(entry).length === 0);
  expect(lost).toEqual([]);
  expect(catalog.filter((entry) => ownPath(entry) === undefined)).toHaveLength(5);
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Plan } from "../../../../mcp/check/plan.ts";
import { type Serving, serve } from "../../../../mcp/servers/kit/serve.ts";
import { tool } from "../../../../mcp/servers/kit/tool.ts";
import { run } from "../../../../tools/exec.ts";

const eras = ["2025-11-25", "2026-07-28"];
const named = (name: string) =>
  tool({ name, description: "Says hello.", input: z.object({}), run: async () => ({ hello: true }) });
const started = (...names: string[]) =>
  serve({
    name: "toy",
    version: "1.0.0",
    tools: names.map(named),
    port: 0,
    host: "127.0.0.1",
    maxBody: 100_000,
    log: () => {},
  });

let folder: string;
let server: Serving;
let gateway: Serving;
/** Healthy by its looks: every request gets an answer, and none is one. */
const hollow = createServer((_, answer) => answer.end("{}"));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "check-"));
  writeFileSync(join(folder, "token"), "a\n");
  server = await started("greet");
  gateway = await started("one_greet", "two_greet");
  await new Promise<void>((done) => hollow.listen(0, "127.0.0.1", done));
});
afterAll(async () => {
  await Promise.all([server.close(1), gateway.close(1)]);
  hollow.closeAllConnections();
  hollow.close();
  rmSync(folder, { recursive: true, force: true });
});

const url = (port: number) => `http://127.0.0.1:${port}/mcp`;

/** Runs the check as its pod does. */
function check(ports: Record<string, number>, toolAllow?: string[]) {
  const plan: Plan = {
    servers: Object.entries(ports).map(([name, port]) => ({
      name,
      enabled: true,
      federated: true,
      revisions: eras,
      url: url(port),
      ...(toolAllow && { toolAllow }),
    })),
    gateway: { url: url(gateway.port), oidc: false },
    address: "127.0.0.1",
    certificate: "",
    deadline: 1,
  };
  return run(process.execPath, [join(import.meta.dirname, "../../../../mcp/check/main.ts")], {
    env: { SOPHIA_CHECK_PLAN: JSON.stringify(plan), SOPHIA_CHECK_TOKEN_FILE: join(folder, "token") },
    allowFailure: true,
  });
}

test("M4 the check has a line for each server, and succeeds when a client of each revision is served", async () => {
  const { code, stdout, stderr } = await check({ one: server.port, two: server.port });
  expect([code, stderr]).toEqual([0, ""]);
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual(
    ["one", "two"].map((name) => ({ name, direct: "ok", gateway: "ok", tools: 1, ms: expect.any(Number) })),
  );
});

test("M4 a server that does not respond fails the check, by name, and no other server does", async () => {
  const { port } = hollow.address() as AddressInfo;
  const { code, stdout, stderr } = await check({ one: server.port, two: port, three: server.port });
  expect(code).toBe(1);
  expect(stdout.split("\n")[1]).toContain('"name":"two","direct":"failed","gateway":"ok"');
  expect(stderr).toMatch(/^2 of the MCP endpoints did not/);
  expect(stderr).toContain("  two: 2025-11-25: ");
  expect(stderr).toContain("  three: the gateway does not offer its tools\n");
  expect(stderr).not.toContain("  one:");
  expect(stderr).toContain("update the stack");
});

test("M4 a tool of the catalog that a server does not have fails the check, by its name", async () => {
  expect(await check({ one: server.port }, ["greet"])).toMatchObject({ code: 0 });
  const { code, stdout, stderr } = await check({ one: server.port }, ["greet", "wave"]);
  expect([code, stdout]).toEqual([1, expect.stringContaining('"name":"one","direct":"failed"')]);
  expect(stderr).toContain(
    "  one: 2025-11-25: it does not list wave: correct its toolAllow in mcp/catalog\n",
  );
});

test("M4 without its environment the check ends with 78, and names what it misses", async () => {
  const main = join(import.meta.dirname, "../../../../mcp/check/main.ts");
  const { code, stderr } = await run(process.execPath, [main], {
    env: { SOPHIA_CHECK_PLAN: "" },
    allowFailure: true,
  });
  expect([code, stderr]).toEqual([
    78,
    expect.stringMatching(/^the check cannot start, .*\n {2}SOPHIA_CHECK_PLAN: is not set\n/),
  ]);
});

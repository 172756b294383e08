import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { sinceOf } from "../../../../lab/status/collect.ts";
import { render } from "../../../../lab/status/render.ts";
import { judge, type ServiceStatus } from "../../../../lab/status/report.ts";
import { run } from "../../../../tools/exec.ts";
import { repository } from "../../../../tools/repository.ts";

const now = Date.parse("2026-07-28T11:20:00.000Z");
const service = (name: string, namespace: string, more: Partial<ServiceStatus> = {}): ServiceStatus => ({
  name,
  namespace,
  kind: "Deployment",
  ready: 1,
  wanted: 1,
  node: "backend",
  ok: true,
  since: "2026-07-28T08:00:00.000Z",
  ...more,
});
const nothing = { hosts: [], nodes: [], releases: [], services: [], mcpServers: [], streams: [] };

test("services that are well take one line a namespace; what is wrong comes first, each by itself", () => {
  const services = [
    service("one", "mcp"),
    service("two", "mcp", { node: "mcp-node", since: "2026-07-28T11:00:00.000Z" }),
    service("three", "mcp", { ok: false, ready: 0, problem: "0 of 1 ready: no pod" }),
    service("redis", "data"),
  ];
  const lines = render(judge({ stack: "local", ...nothing, services }), now).split("\n");
  expect(lines.slice(lines.indexOf("Services"))).toEqual([
    "Services",
    "  ✘  three       mcp   0/1  backend           3h",
    "  ✔  2 services  mcp   2/2  backend,mcp-node  3h",
    "  ✔  redis       data  1/1  backend           3h",
  ]);
});

test("an MCP server is as old as its workload; one inside the gateway has no age", () => {
  const services = [service("sophia-infrastructure", "mcp"), service("memory", "data")];
  expect(sinceOf("sophia_infrastructure", services)).toEqual({ since: "2026-07-28T08:00:00.000Z" });
  expect(sinceOf("memory", services)).toEqual({});
});

describe("the command, where nothing runs", () => {
  const newRoot = () => {
    const root = mkdtempSync(join(tmpdir(), "status-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    return root;
  };
  const status = (args: string[], root = newRoot()) =>
    run(process.execPath, [join(repository, "lab/cli.ts"), "status", ...args], {
      env: { LAB_ROOT: root, LAB_CACHE: join(root, "cache"), LAB: "none" },
      allowFailure: true,
    });

  test("says so, and ends with 1", async () => {
    const { code, stdout } = await status([]);
    expect(stdout).toBe("stack local: NOT healthy\n  ✘ this lab is not running; start it with `make up`\n");
    expect(code).toBe(1);
  });

  test("says the same as one JSON document, and ends with 1", async () => {
    const { code, stdout } = await status(["--json"]);
    expect(JSON.parse(stdout)).toEqual({
      stack: "local",
      ...nothing,
      healthy: false,
      problem: "this lab is not running; start it with `make up`",
    });
    expect(code).toBe(1);
  });

  test("a lab that cannot be examined because its tools are gone gives the same document, with what to do", async () => {
    const root = newRoot();
    const state = join(root, "none/pulumi/state/.pulumi/stacks/sophia-infra/local.json");
    mkdirSync(dirname(state), { recursive: true });
    writeFileSync(state, "{}");
    const { code, stdout } = await status(["--json"], root);
    expect(JSON.parse(stdout)).toEqual({
      stack: "local",
      ...nothing,
      healthy: false,
      problem: expect.stringMatching(/its tools are no longer in .*`make up`.*`make down`/),
    });
    expect(code).toBe(1);
  });
});

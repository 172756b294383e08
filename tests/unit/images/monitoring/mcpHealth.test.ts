import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { metricsOf } from "../../../../images/monitoring/mcp/health.ts";
import { targetsSchema } from "../../../../images/monitoring/mcp/targets.ts";
import { repository } from "../../../../tools/repository.ts";

const program = join(repository, "images/monitoring/gpu/main.ts");
const listening = async (server: Server): Promise<number> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
};

describe("the process that serves the GPU metrics", () => {
  let child: ChildProcess;
  let url: string;
  let said = "";
  /** What the gateway answers at its status path. */
  let answer = { status: 200, text: "" };
  const gateway = createServer(({ url: asked }, response) => {
    response.writeHead(asked === "/status" ? answer.status : 404).end(answer.text);
  });
  const browser = createServer();

  beforeAll(async () => {
    const status = `http://127.0.0.1:${await listening(gateway)}/status`;
    const closed = createServer();
    const nobody = await listening(closed);
    await new Promise((done) => closed.close(done));
    const apart = { playwright: `127.0.0.1:${await listening(browser)}`, gone: `127.0.0.1:${nobody}` };
    child = spawn(process.execPath, [program], {
      env: {
        PATH: process.env.PATH ?? "",
        PORT: "0",
        SOPHIA_GPU_EXPORTERS: "http://127.0.0.1:1/metrics",
        SOPHIA_TLS_FOLDER: "/nowhere",
        SOPHIA_KUBERNETES_CREDENTIALS: "/nowhere",
        KUBERNETES_SERVICE_HOST: "127.0.0.1",
        KUBERNETES_SERVICE_PORT: "1",
        SOPHIA_MCP_TARGETS: JSON.stringify({ status, apart }),
      },
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    const port = await waitFor({ what: "its port", deadline: 120, interval: 0.05 }, async () => {
      const found = /health at .*"port":(\d+)/.exec(said)?.[1];
      return found ?? notYet(said);
    });
    url = `http://127.0.0.1:${port}/metrics`;
  });
  afterAll(() => {
    child?.kill("SIGKILL");
    gateway.close();
    browser.close();
  });
  const scrape = async () =>
    (await (await fetch(url)).text()).split("\n").filter((line) => !line.startsWith("#"));

  test("M3 tells of every server whether it is up: the gateway's word where that counts, or its own door", async () => {
    const backends = [
      { name: "redis", health: "healthy", more: 1 },
      { name: "memory", health: "unhealthy" },
      { name: "slack", health: "healthy", auth_type: "unauthenticated" },
      // Answered after it missed a check; its tools are offered.
      { name: "asana", health: "degraded" },
      // Whether they accept the gateway's token is not in the gateway's word.
      { name: "github", health: "healthy", auth_type: "header_injection" },
      { name: "notion", health: "degraded", auth_type: "header_injection" },
      { name: "pulumi", health: "unhealthy", auth_type: "header_injection" },
    ];
    answer = { status: 200, text: JSON.stringify({ backends, healthy: true }) };
    expect(await scrape()).toEqual([
      "mcp_gateway_up 1",
      'mcp_server_up{server="redis"} 1',
      'mcp_server_up{server="memory"} 0',
      'mcp_server_up{server="slack"} 1',
      'mcp_server_up{server="asana"} 1',
      'mcp_server_up{server="pulumi"} 0',
      'mcp_server_up{server="playwright"} 1',
      'mcp_server_up{server="gone"} 0',
      'mcp_servers{health="healthy"} 3',
      'mcp_servers{health="unhealthy"} 2',
      'mcp_servers{health="degraded"} 1',
      'mcp_servers{health="unverified"} 2',
      'mcp_servers{health="unreachable"} 1',
      "",
    ]);
  });

  test("M3 a path that is no URL is not found, and ends nothing", async () => {
    const other = (path: string) => fetch(`${new URL(url).origin}${path}`);
    expect([(await other("//")).status, (await other("/healthz")).status]).toEqual([404, 200]);
  });

  test.each([
    ["an error", { status: 500, text: "broken" }],
    ["no JSON", { status: 200, text: "<html>" }],
    ["something else", { status: 200, text: "{}" }],
  ])(
    "M3 where the gateway answers %s, only what stands beside it is known, and that is told",
    async (_, wrong) => {
      answer = wrong;
      said = "";
      const lines = await scrape();
      expect(lines[0]).toBe("mcp_gateway_up 0");
      expect(lines.filter((line) => line.startsWith("mcp_server_up"))).toEqual([
        'mcp_server_up{server="playwright"} 1',
        'mcp_server_up{server="gone"} 0',
      ]);
      expect(said).toContain("the MCP gateway does not tell");
    },
  );
});

test("M3 a target that is none is refused by name", () => {
  const status = "http://gateway.test:8090/status";
  expect(targetsSchema.safeParse({ status, apart: { a: "a.test:80" } }).success).toBe(true);
  const { error } = targetsSchema.safeParse({ status, apart: { a: "a.test" } });
  expect(error?.issues.map(({ path }) => path.join("."))).toEqual(["apart.a"]);
});

describe("alerts", () => {
  interface Rule {
    alert: string;
    expr: string;
    labels: { severity: string };
    annotations: { summary: string; runbook_url: string };
  }
  const { groups } = parse(readFileSync(join(repository, "mcp/alerts.yaml"), "utf8")) as {
    groups: { rules: Rule[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  const samples = metricsOf({ gatewayFault: "x", servers: [{ server: "redis", health: "unhealthy" }] });

  test("O3 each asks for a metric that is served, is raised by what it is for, and has a runbook", () => {
    expect(rules.map(({ alert }) => alert)).toEqual(["McpServerDown", "McpGatewayDown", "McpHealthUnknown"]);
    const index = readFileSync(join(repository, "docs/runbooks/README.md"), "utf8");
    for (const { alert, expr, labels, annotations } of rules) {
      expect(["warning", "critical"]).toContain(labels.severity);
      const name = /mcp_\w+/.exec(expr)?.[0] ?? "";
      expect(samples, alert).toMatch(new RegExp(`^${name}(\\{.*\\})? 0$`, "m"));
      expect(existsSync(join(repository, annotations.runbook_url)), alert).toBe(true);
      const book = readFileSync(join(repository, annotations.runbook_url), "utf8");
      expect(book).toContain(`\`${alert}\``);
      for (const part of ["When", "Check first", "Steps", "It worked when", "Undo"])
        expect(book).toMatch(new RegExp(`^## ${part}$`, "m"));
      expect(index).toContain(`\`${alert}\``);
    }
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { age, render, table } from "../../../../lab/status/render.ts";
import { judge, problems, type Report } from "../../../../lab/status/report.ts";

type Parts = Omit<Report, "healthy">;

const since = "2026-07-28T08:00:00.000Z";
const now = Date.parse("2026-07-28T11:20:00.000Z");

const well: Parts = {
  stack: "local",
  hosts: [
    {
      name: "backend",
      id: "1ab0",
      address: "127.20.1.2",
      instanceType: "gpu_1x_a10",
      region: "us-west-1",
      hourlyUsd: 0.75,
      checks: { disk: "ok", k3s: "ok" },
      ok: true,
      since,
    },
    {
      name: "mcp",
      id: "1ab1",
      address: "127.20.1.3",
      instanceType: "gpu_1x_a100",
      region: "us-east-1",
      hourlyUsd: 1.29,
      checks: {},
      ok: true,
    },
  ],
  nodes: [
    { name: "backend", ok: true, roles: ["server", "data"], version: "v1.36.3+k3s1", gpuSlices: 0, since },
    { name: "mcp-node", ok: true, roles: ["mcp"], version: "v1.36.3+k3s1", gpuSlices: 4, since },
  ],
  releases: [{ name: "redis", namespace: "data", chart: "redis-1.0.0", status: "deployed", ok: true, since }],
  services: [
    {
      name: "nginx",
      namespace: "ingress",
      kind: "Deployment",
      ready: 2,
      wanted: 2,
      node: "backend",
      ok: true,
      since: "2026-07-28T11:19:18.000Z",
      url: "https://sophia.lab",
    },
  ],
  mcpServers: [
    {
      name: "sophia_infrastructure",
      kind: "container",
      enabled: true,
      ready: true,
      tools: ["list_hosts", "list_nodes"],
      since,
      url: "https://sophia.lab/mcp/sophia_infrastructure",
    },
    {
      name: "snowflake",
      kind: "remote",
      enabled: false,
      ready: false,
      tools: [],
      reason: "needs snowflakeMcpToken",
    },
  ],
  mcpGateway: { url: "https://sophia.lab/mcp", ready: true, tools: 2 },
  streams: [],
};

/** The first of each list, changed. */
const with1 = <K extends "hosts" | "nodes" | "releases" | "services" | "mcpServers">(
  part: K,
  change: Partial<Parts[K][number]>,
): Parts => ({
  ...well,
  [part]: well[part].map((one, index) => (index === 0 ? { ...one, ...change } : one)),
});

describe("judgement", () => {
  test("all is well when everything is there and says so; what is switched off does not count", () => {
    const report = judge(well);
    expect(report.healthy).toBe(true);
    expect(problems(report)).toEqual([]);
    expect(judge({ ...well, hosts: well.hosts.slice(0, 1), nodes: well.nodes.slice(0, 1) }).healthy).toBe(
      true,
    );
  });

  const wrong: [string, Parts][] = [
    ["host backend: disk: 97 % used", with1("hosts", { ok: false, problem: "disk: 97 % used" })],
    ["host backend: not ok", with1("hosts", { ok: false })],
    ["node backend: cordoned", with1("nodes", { ok: false, problem: "cordoned" })],
    ["release redis: failed", with1("releases", { ok: false, problem: "failed" })],
    ["service nginx: 1 of 2 ready", with1("services", { ok: false, problem: "1 of 2 ready" })],
    [
      "MCP server sophia_infrastructure: 2025-11-25: 502",
      with1("mcpServers", { ready: false, reason: "2025-11-25: 502" }),
    ],
    ["MCP server sophia_infrastructure: not ready", with1("mcpServers", { ready: false })],
    ["2 hosts, but 1 nodes", { ...well, nodes: well.nodes.slice(0, 1) }],
    ["1 hosts, but 2 nodes", { ...well, hosts: well.hosts.slice(0, 1) }],
    ["there are no nodes", { ...well, nodes: [] }],
    ["there are no hosts", { ...well, hosts: [] }],
    ["there are no Helm releases", { ...well, releases: [] }],
    ["there are no services", { ...well, services: [] }],
    ["helm is gone", { ...well, problem: "helm is gone" }],
  ];
  test.each(wrong)("not well, and told: %s", (told, parts) => {
    const report = judge(parts);
    expect(report.healthy).toBe(false);
    expect(problems(report)).toEqual([told]);
  });

  test("what could not be asked is not called missing", () => {
    const silent: Parts = {
      ...well,
      nodes: [],
      services: [],
      problem: "Kubernetes does not answer: ECONNREFUSED",
    };
    expect(problems(silent)).toEqual(["Kubernetes does not answer: ECONNREFUSED"]);
    const partly: Parts = { ...well, nodes: well.nodes.slice(0, 1), problem: "helm is gone" };
    expect(problems(partly)).toEqual(["helm is gone", "2 hosts, but 1 nodes"]);
  });

  test("whatever is not healthy says why", () => {
    const some = <T>(all: T[]) => fc.subarray(all);
    const parts = fc.record({
      hosts: some(well.hosts),
      nodes: some(well.nodes),
      releases: some(well.releases),
      services: some(well.services),
      mcpServers: some([
        ...well.mcpServers,
        { ...well.mcpServers[0], ready: false } as Parts["mcpServers"][0],
      ]),
      problem: fc.option(fc.constant("x"), { nil: undefined }),
    });
    fc.assert(
      fc.property(parts, ({ problem, ...lists }) => {
        const report = judge({ ...well, ...lists, ...(problem && { problem }) });
        expect(report.healthy).toBe(problems(report).length === 0);
      }),
    );
  });
});

describe("screenful", () => {
  test("a healthy stack", () => {
    expect(render(judge(well), now)).toBe(
      `
stack local: healthy

Hosts ($2.04/h)
  ✔  backend  127.20.1.2  gpu_1x_a10   us-west-1  disk ok, k3s ok  3h
  ✔  mcp      127.20.1.3  gpu_1x_a100  us-east-1

Nodes
  ✔  backend   server,data  v1.36.3+k3s1  0 GPU slices  3h
  ✔  mcp-node  mcp          v1.36.3+k3s1  4 GPU slices  3h

Helm releases
  ✔  redis  data  redis-1.0.0  deployed  3h

Services
  ✔  nginx  ingress  2/2  backend  42s  https://sophia.lab

MCP servers
  ✔  sophia_infrastructure  container  2 tools  3h  https://sophia.lab/mcp/sophia_infrastructure
  –  off, needs snowflakeMcpToken: snowflake

MCP gateway
  ✔  2 tools  https://sophia.lab/mcp
`.trim(),
    );
  });

  test("a broken one begins with what is wrong", () => {
    const broken = with1("services", { ok: false, ready: 1, problem: "1 of 2 ready: no pod" });
    const lines = render(
      judge({ ...broken, problem: "helm list ended with 1:\ncannot connect\n" }),
      now,
    ).split("\n");
    expect(lines.slice(0, 5)).toEqual([
      "stack local: NOT healthy",
      "  ✘ helm list ended with 1:",
      "    cannot connect",
      "  ✘ service nginx: 1 of 2 ready: no pod",
      "",
    ]);
    expect(lines).toContain("  ✘  nginx  ingress  1/2  backend  42s  https://sophia.lab");
  });

  test("nothing to show is one line and why", () => {
    const nothing = { hosts: [], nodes: [], releases: [], services: [], mcpServers: [], streams: [] };
    expect(render(judge({ stack: "local", ...nothing, problem: "this lab is not running" }), now)).toBe(
      "stack local: NOT healthy\n  ✘ this lab is not running",
    );
  });

  test("streams show rows, lag and quality", () => {
    const streams = [
      { name: "slack_messages", ok: true, rows: 7, warehouseRows: 6, lagSeconds: 3, quality: 98 },
    ];
    expect(render(judge({ ...well, streams }), now)).toContain(
      "Streams\n  ✔  slack_messages  7 rows  6 in the warehouse  3s behind  quality 98",
    );
  });

  test("D4 backups show the age of the last one, and a run that failed makes the report so", () => {
    const backup = { name: "backup", ok: true, schedule: "30 2 * * *", since };
    expect(render(judge({ ...well, backup }), now)).toContain(
      "Backups\n  ✔  last one 3h ago  schedule 30 2 * * *",
    );
    const failed = judge({ ...well, backup: { ...backup, ok: false, problem: "the run backup-2 failed" } });
    expect(problems(failed)).toEqual(["scheduled backup: the run backup-2 failed"]);
    expect(failed.healthy).toBe(false);
  });

  test("a stream that is ill makes the report so", () => {
    const ill = { name: "gong_calls", ok: false, rows: 0, lagSeconds: 0, quality: 0, problem: "failed: 401" };
    expect(problems({ ...well, streams: [ill] })).toEqual(["stream gong_calls: failed: 401"]);
  });

  test.each([
    [undefined, ""],
    ["2026-07-28T11:19:01.000Z", "59s"],
    ["2026-07-28T11:19:00.000Z", "1m"],
    ["2026-07-28T10:20:01.000Z", "59m"],
    ["2026-07-27T11:20:00.000Z", "1d"],
    ["2026-07-28T11:21:00.000Z", "0s"],
  ])("the age of %s is %s", (moment, text) => expect(age(moment, now)).toBe(text));

  test("columns are as wide as their longest cell, and lines end without blanks", () => {
    expect(
      table([
        ["a", "bbb", ""],
        ["aa", "b", "c"],
      ]),
    ).toEqual(["a   bbb", "aa  b    c"]);
    expect(table([])).toEqual([]);
  });
});

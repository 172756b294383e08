import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { files, type Lab } from "../../../../lab/lab.ts";
import { collect } from "../../../../lab/status/collect.ts";
import { problems } from "../../../../lab/status/report.ts";
import { fakeKubernetes } from "../../support/kubernetesApi.ts";

/** Loopback addresses that no lab gives: labs have 127.20.x. */
const network = `127.77.${process.pid % 250}`;

function newLab(): { lab: Lab; helm: string } {
  const folder = mkdtempSync(join(tmpdir(), "lab-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const lab: Lab = { name: "test", folder, cache: join(folder, "cache"), configFile: "" };
  mkdirSync(join(folder, "keys"));
  writeFileSync(files(lab).ca, "");
  const helm = join(folder, "helm");
  writeFileSync(helm, "#!/bin/sh\necho '[]'\n");
  chmodSync(helm, 0o755);
  return { lab, helm };
}

/** A host's health service, saying this. */
async function host(last: number, status: number, text: string): Promise<string> {
  const address = `${network}.${last}`;
  const server = createServer((_request, response) => response.writeHead(status).end(text));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(8080, address, resolve);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return address;
}

const stackOf = (outputs: () => Promise<Record<string, unknown>>) => ({ name: "local", outputs });
const hostAt = (name: string, address: string) => ({
  name,
  id: `1ab0${name}`,
  address,
  instanceType: "gpu_1x_a10",
  region: "us-west-1",
  hourlyUsd: 0.75,
});
/** The outputs of a stack with these hosts and nothing else. */
const outputsOf = (hosts: ReturnType<typeof hostAt>[], kubeconfig: string) => ({
  hosts: hosts.map((one) => ({ ...one, privateAddress: "", hostname: one.name, adopted: false })),
  kubeconfig,
  url: "https://sophia.test",
  ingress: [],
  pipelineStreams: [],
  mcp: [],
  mcpGateway: "https://sophia.test/mcp",
  mcpGatewayAuth: "clients",
  mcpClients: {},
});

test("a stack that cannot be read, or was never brought up, is a report that says so", async () => {
  const broken = stackOf(async () => {
    throw new Error("passphrase must be set");
  });
  expect(await collect({ ...newLab(), stack: broken })).toMatchObject({
    healthy: false,
    problem: "passphrase must be set",
  });
  expect(await collect({ ...newLab(), stack: stackOf(async () => ({})) })).toMatchObject({
    problem: expect.stringContaining("make up"),
  });
});

test("H2 a host is what its health service says", async () => {
  const api = await fakeKubernetes();
  const checks = { disk: { ok: true }, k3s: { ok: true } };
  const good = await host(2, 200, JSON.stringify({ since: "2026-07-28T08:00:00Z", checks }));
  const bad = await host(
    3,
    503,
    JSON.stringify({ checks: { ...checks, disk: { ok: false, used: "97 %" } } }),
  );
  const odd = await host(4, 200, "<html>");
  const hosts = ["good", "bad", "odd", "dead"].map((name, index) =>
    hostAt(name, [good, bad, odd, `${network}.5`][index] ?? ""),
  );
  const stack = stackOf(async () => outputsOf(hosts, api.kubeconfig));
  const report = await collect({ ...newLab(), stack });
  expect(report.hosts[0]).toEqual({
    ...hosts[0],
    ok: true,
    checks: { disk: "ok", k3s: "ok" },
    since: "2026-07-28T08:00:00Z",
  });
  expect(problems(report).filter((line) => line.startsWith("host "))).toEqual([
    'host bad: disk: {"used":"97 %"}',
    "host odd: health service: responds 200 without JSON",
    expect.stringMatching(/^host dead: health service: .*ECONNREFUSED/),
  ]);
});

test("M4 a server that does not answer through Nginx is not ready and says why; one that is off says why", async () => {
  const api = await fakeKubernetes();
  const name = "sophia_infrastructure";
  const revisions = ["2025-11-25", "2026-07-28"];
  const on = { name, kind: "container", enabled: true, federated: true, revisions };
  const outputs = {
    ...outputsOf([], api.kubeconfig),
    url: "https://sophia.lab",
    ingress: [`${network}.9`],
    mcp: [
      { ...on, url: `https://sophia.lab:9/mcp/${name}` },
      { ...on, name: "snowflake", kind: "remote", enabled: false, reason: "needs snowflakeMcpToken" },
    ],
    mcpGateway: "https://sophia.lab:9/mcp",
    mcpClients: { check: "token" },
  };
  const report = await collect({ ...newLab(), stack: stackOf(async () => outputs) });
  expect(report.mcpServers).toEqual([
    expect.objectContaining({
      name,
      ready: false,
      tools: [],
      reason: expect.stringMatching(/^2025-11-25: .*(ECONNREFUSED|bad port|fetch)/),
    }),
    {
      name: "snowflake",
      kind: "remote",
      enabled: false,
      ready: false,
      tools: [],
      reason: "needs snowflakeMcpToken",
    },
  ]);
  expect(report.mcpGateway).toMatchObject({ ready: false, tools: 0 });
  expect(problems(report).filter((line) => line.startsWith("MCP"))).toHaveLength(2);
});

test("a part that does not answer is a problem in the report, never an error", async () => {
  const api = await fakeKubernetes();
  api.answer = (_url, response) => {
    response.writeHead(503).end("etcd is down");
  };
  const { lab, helm } = newLab();
  rmSync(files(lab).ca);
  const stack = stackOf(async () => outputsOf([], api.kubeconfig));
  const { healthy, problem } = await collect({ lab, stack, helm: `${helm}-gone` });
  expect(healthy).toBe(false);
  expect(problem).toMatch(/Kubernetes does not answer: .*503/);
  expect(problem).toMatch(/the lab's CA cannot be read: ENOENT/);
  expect(problem).toMatch(/helm cannot list its releases: cannot run .*helm-gone/);
});

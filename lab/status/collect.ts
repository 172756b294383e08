import { readFile } from "node:fs/promises";
import { request } from "node:http";
import type { z } from "zod";
import { messageOf } from "../../components/core/errors.ts";
import { outputsSchema, parseOutputs } from "../../components/outputs.ts";
import { files, type Lab } from "../lab.ts";
import type { Stack } from "../stack/stack.ts";
import { readCluster } from "./cluster.ts";
import { mcpStatus } from "./mcp.ts";
import { readReleases } from "./releases.ts";
import { type HostStatus, judge, type Report, type ServiceStatus } from "./report.ts";
import { readStreams } from "./streams.ts";

/** Outputs that the report needs. */
const reportedOutputs = outputsSchema.pick({
  hosts: true,
  kubeconfig: true,
  url: true,
  pipelineStreams: true,
  ingress: true,
  mcp: true,
  mcpGateway: true,
  mcpGatewayAuth: true,
  mcpClients: true,
});
type ReportedOutputs = z.infer<typeof reportedOutputs>;

export interface Sources {
  lab: Lab;
  stack: Pick<Stack, "name" | "outputs">;
  /** The helm binary. */
  helm: string;
}

/** The parts of a report on a lab that cannot be examined. */
export const nothing = { hosts: [], nodes: [], releases: [], services: [], mcpServers: [], streams: [] };

/** Collects the state of every part. A part that does not answer is a problem in the report, not an error. */
export async function collect({ lab, stack: opened, helm }: Sources): Promise<Report> {
  const stack = opened.name;
  let known: ReportedOutputs;
  try {
    const outputs = await opened.outputs();
    if (!outputs.kubeconfig) throw new Error("the stack is not running yet; run `make up`");
    known = parseOutputs(stack, reportedOutputs, outputs);
  } catch (error) {
    return judge({ stack, ...nothing, problem: reasonOf(error) });
  }
  const ca = await attempt(() => readFile(files(lab).ca, "utf8"));
  const [hosts, cluster, releases, mcp, streams] = await Promise.all([
    Promise.all(known.hosts.map(hostStatus)),
    attempt(() => readCluster(known.kubeconfig)),
    attempt(() => readReleases(helm, files(lab).kubeconfig)),
    mcpStatus(known, { address: known.ingress[0], ca: ca.ok ? ca.value : undefined }),
    attempt(() => readStreams(known.kubeconfig, known.pipelineStreams)),
  ]);
  const faults = [
    ...(cluster.ok ? [] : [`Kubernetes does not answer: ${cluster.reason}`]),
    ...(ca.ok ? [] : [`the lab's CA cannot be read: ${ca.reason}`]),
    ...(streams.ok ? [] : [`the streams' status cannot be read: ${streams.reason}`]),
    ...(releases.ok ? [] : [`helm cannot list its releases: ${releases.reason}`]),
  ];
  const services = cluster.ok
    ? cluster.value.services.map((one) => (one.name === "nginx" ? { ...one, url: known.url } : one))
    : [];
  return judge({
    stack,
    hosts,
    nodes: cluster.ok ? cluster.value.nodes : [],
    releases: releases.ok ? releases.value : [],
    services,
    mcpServers: mcp.servers.map((server) => ({ ...server, ...sinceOf(server.name, services) })),
    ...(mcp.gateway && { mcpGateway: mcp.gateway }),
    streams: streams.ok ? streams.value : [],
    ...(cluster.ok && cluster.value.backup && { backup: cluster.value.backup }),
    ...(faults.length > 0 && { problem: faults.join("; ") }),
  });
}

/** When the workload of an MCP server was created. Pure. */
export function sinceOf(server: string, services: ServiceStatus[]): { since?: string } {
  const name = server.replaceAll("_", "-");
  const since = services.find((one) => one.namespace === "mcp" && one.name === name)?.since;
  return since === undefined ? {} : { since };
}

type Attempt<T> = { ok: true; value: T } | { ok: false; reason: string };

async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

const reasonOf = (error: unknown) => messageOf(error).slice(0, 300);

/** State of a host, from its health service. */
async function hostStatus(host: ReportedOutputs["hosts"][number]): Promise<HostStatus> {
  const { name, id, address, instanceType, region, hourlyUsd } = host;
  const base = { name, id, address, instanceType, region, hourlyUsd };
  const said = await attempt(() => health(address));
  if (!said.ok) return { ...base, ok: false, checks: {}, problem: `health service: ${said.reason}` };
  const { status, body } = said.value;
  const checks = Object.fromEntries(
    Object.entries(body.checks ?? {}).map(([check, { ok, ...more }]) => [
      check,
      ok ? "ok" : JSON.stringify(more),
    ]),
  );
  const bad = Object.entries(checks).filter(([, state]) => state !== "ok");
  const ok = status === 200;
  return {
    ...base,
    ok,
    checks,
    ...(ok
      ? {}
      : { problem: bad.map(([check, state]) => `${check}: ${state}`).join(", ") || `status ${status}` }),
    ...(body.since && { since: body.since }),
  };
}

interface HealthBody {
  since?: string;
  checks?: Record<string, { ok: boolean }>;
}

function health(address: string): Promise<{ status: number; body: HealthBody }> {
  return new Promise((resolve, reject) => {
    const call = request({ host: address, port: 8080, path: "/health", timeout: 5000 }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => {
        try {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as HealthBody });
        } catch {
          reject(new Error(`responds ${response.statusCode} without JSON`));
        }
      });
    });
    call.on("timeout", () => call.destroy(new Error("no answer within 5 s")));
    call.on("error", reject);
    call.end();
  });
}

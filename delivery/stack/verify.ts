import { lookup as resolve } from "node:dns";
import type { LookupFunction } from "node:net";
import { Agent, fetch } from "undici";
import { z } from "zod";
import { causeOf } from "../../components/core/errors.ts";
import { notYet, waitFor } from "../../components/core/wait.ts";
import { outputsSchema } from "../../components/outputs.ts";
import { checkServers } from "../../mcp/check/checkServers.ts";
import { outputs, type Program, secretOutput } from "./program.ts";

/** Outputs that say where the stack can be reached from outside. Stacks of earlier programs lack some of them. */
const reachSchema = outputsSchema.pick({ url: true, ingress: true, mcp: true }).extend({
  ingress: outputsSchema.shape.ingress.min(1),
  mcp: z.array(outputsSchema.shape.mcp.element.omit({ kind: true, reason: true })),
  mcpGateway: outputsSchema.shape.mcpGateway.optional(),
  mcpGatewayAuth: outputsSchema.shape.mcpGatewayAuth.default("clients"),
  /** Without a token of one of them every request is refused. */
  mcpClients: outputsSchema.shape.mcpClients.default({}),
});
export type Reach = z.infer<typeof reachSchema>;

/** @throws when outputs are missing: the stack was never deployed, or by another program */
export function reachOf(stack: string, given: Record<string, unknown>): Reach {
  const result = reachSchema.safeParse(given);
  if (result.success) return result.data;
  const missing = result.error.issues.map(({ path }) => path.join(".")).join(", ");
  throw new Error(`stack ${stack} has no outputs with its endpoints (${missing}); deploy it first`);
}

/** Reads the endpoints from the stack, with the tokens of MCP clients, which must not be printed. */
export async function reachIn(program: Program): Promise<Reach> {
  const known = await outputs(program);
  const mcpClients = "mcpClients" in known ? await secretOutput(program, "mcpClients") : {};
  return reachOf(program.stack, { ...known, mcpClients });
}

export interface Check {
  what: string;
  /** Empty when it answers. */
  fault: string;
  /** What is amiss although it answers. */
  warning?: string;
}

/** Timeout of a request in seconds. */
const timeout = 10;

/** `GET /health` at this address. Default: the one that DNS returns. */
async function health(url: string, address: string | undefined): Promise<Check> {
  const what = `${url}/health${address ? ` at ${address}` : ""}`;
  const lookup: LookupFunction = (host, options, done) => resolve(address ?? host, options, done);
  const agent = new Agent({ connect: { lookup } });
  try {
    const response = await fetch(`${url}/health`, {
      dispatcher: agent,
      signal: AbortSignal.timeout(timeout * 1000),
    });
    await response.text();
    return { what, fault: response.ok ? "" : `answers ${response.status}` };
  } catch (error) {
    return { what, fault: causeOf(error) };
  } finally {
    await agent.destroy();
  }
}

/** An MCP client's handshake and list of tools, at the gateway and at the path of each server. */
async function mcp(reach: Reach, address: string): Promise<Check[]> {
  const { mcpGateway: url, mcpGatewayAuth, mcpClients } = reach;
  const on = reach.mcp.filter(({ enabled }) => enabled);
  const gateway = url === undefined ? undefined : { url, oidc: mcpGatewayAuth === "oidc" };
  // The client named `check`, else the first.
  const token = mcpClients.check ?? Object.values(mcpClients)[0];
  const found = await checkServers(on, gateway, { address, token, timeout: timeout });
  return [
    ...(found.gateway ? [{ what: "MCP gateway", ...faultOf(found.gateway) }] : []),
    ...found.servers.map((server) => ({ what: `MCP server ${server.name}`, ...faultOf(server) })),
  ];
}

const faultOf = ({
  ready,
  reason,
  warning,
}: {
  ready: boolean;
  reason?: string;
  warning?: string;
}): Omit<Check, "what"> => ({
  fault: ready ? "" : (reason ?? "not ready"),
  ...(warning !== undefined && { warning }),
});

/**
 * Checks all public endpoints once: Nginx at each ingress address, the MCP gateway, every MCP server.
 * @param names checks Nginx by its host name as well, which needs DNS
 */
export async function checks(reach: Reach, names = false): Promise<Check[]> {
  const [first = ""] = reach.ingress;
  const all = await Promise.all([
    ...reach.ingress.map(async (address) => [await health(reach.url, address)]),
    ...(names ? [health(reach.url, undefined).then((one) => [one])] : []),
    mcp(reach, first),
  ]);
  return all.flat();
}

/** A line about an endpoint that answers. Pure. */
export const lineOf = ({ what, warning }: Check): string =>
  warning === undefined ? `- ${what}` : `- ${what}. Warning: ${warning}`;

/** What failed, each with its reason. Pure. */
export const faultsIn = (all: Check[]): string[] =>
  all.filter(({ fault }) => fault !== "").map(({ what, fault }) => `${what}: ${fault}`);

/**
 * Waits until all public endpoints answer. @throws with those that do not, after `deadline` seconds
 */
export async function verified(reach: Reach, deadline: number, signal?: AbortSignal): Promise<Check[]> {
  return waitFor({ what: "all public endpoints to answer", deadline, interval: 5, signal }, async () => {
    const all = await checks(reach);
    const faults = faultsIn(all);
    return faults.length === 0 ? all : notYet(faults.join("; "));
  });
}

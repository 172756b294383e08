import { lookup as resolve } from "node:dns";
import type { LookupFunction } from "node:net";
import { Agent, fetch } from "undici";
import { z } from "zod";
import { notYet, waitFor } from "../../components/core/wait.ts";
import { askAll } from "../../mcp/check/ask.ts";
import { outputs, type Program, secretOutput } from "./program.ts";

/** Outputs of the stack that say where it can be reached from outside. */
const reachSchema = z.object({
  /** `https://<name>`. */
  url: z.url(),
  ingress: z.array(z.string()).min(1),
  /** All of the catalog; those that are off, and those that only the gateway reaches, have no URL. */
  mcp: z.array(
    z.object({
      name: z.string(),
      enabled: z.boolean(),
      federated: z.boolean(),
      revisions: z.array(z.string()),
      url: z.url().optional(),
    }),
  ),
  mcpGateway: z.url().optional(),
  mcpGatewayAuth: z.enum(["clients", "oidc"]).default("clients"),
  /** Tokens by client; without one of them nobody gets in. */
  mcpClients: z.record(z.string(), z.string()).default({}),
});
export type Reach = z.infer<typeof reachSchema>;

/** @throws when the stack's outputs do not say where it is: it was never brought up, or not by this program */
export function reachOf(stack: string, given: Record<string, unknown>): Reach {
  const result = reachSchema.safeParse(given);
  if (result.success) return result.data;
  const missing = result.error.issues.map(({ path }) => path.join(".")).join(", ");
  throw new Error(
    `stack ${stack} does not say where it can be reached (${missing}): was it ever brought up?`,
  );
}

/** Reads it from the stack, with the tokens of MCP clients: to be held in memory, and never to be shown. */
export async function reachIn(program: Program): Promise<Reach> {
  const known = await outputs(program);
  const mcpClients = "mcpClients" in known ? await secretOutput(program, "mcpClients") : {};
  return reachOf(program.stack, { ...known, mcpClients });
}

export interface Check {
  what: string;
  /** Empty when all is well. */
  fault: string;
}

/** Seconds for one request. */
const patience = 10;

/** `GET /health` at one address, or wherever DNS says if there is none. */
async function health(url: string, address: string | undefined): Promise<Check> {
  const what = `${url}/health${address ? ` at ${address}` : ""}`;
  const lookup: LookupFunction = (host, options, done) => resolve(address ?? host, options, done);
  const agent = new Agent({ connect: { lookup } });
  try {
    const response = await fetch(`${url}/health`, {
      dispatcher: agent,
      signal: AbortSignal.timeout(patience * 1000),
    });
    await response.text();
    return { what, fault: response.ok ? "" : `answers ${response.status}` };
  } catch (error) {
    const { message, cause } = error as Error;
    return { what, fault: cause instanceof Error ? cause.message : message };
  } finally {
    await agent.destroy();
  }
}

/** A real client's handshake and list of tools: at the gateway, and at each server's own path. */
async function mcp(reach: Reach, address: string): Promise<Check[]> {
  const { mcpGateway: url, mcpGatewayAuth, mcpClients } = reach;
  const on = reach.mcp.filter(({ enabled }) => enabled);
  const gateway = url === undefined ? undefined : { url, oidc: mcpGatewayAuth === "oidc" };
  // The client that is there for checks, or the first.
  const token = mcpClients.check ?? Object.values(mcpClients)[0];
  const found = await askAll(on, gateway, { address, token, timeout: patience });
  return [
    ...(found.gateway ? [{ what: "MCP gateway", ...faultOf(found.gateway) }] : []),
    ...found.servers.map((server) => ({ what: `MCP server ${server.name}`, ...faultOf(server) })),
  ];
}

const faultOf = ({ ready, reason }: { ready: boolean; reason?: string }): Pick<Check, "fault"> => ({
  fault: ready ? "" : (reason ?? "not ready"),
});

/**
 * Asks everything that the world sees, once: Nginx at each ingress address, the MCP gateway, every MCP server.
 * @param names also by the name that people use, which takes working DNS
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

export const faultsIn = (all: Check[]): string[] =>
  all.filter(({ fault }) => fault !== "").map(({ what, fault }) => `${what}: ${fault}`);

/**
 * Waits until everything that the world sees is well. @throws with what is not, after `deadline` seconds
 */
export async function verified(reach: Reach, deadline: number): Promise<Check[]> {
  return waitFor({ what: "everything to answer from outside", deadline, interval: 5 }, async () => {
    const all = await checks(reach);
    const faults = faultsIn(all);
    return faults.length === 0 ? all : notYet(faults.join("; "));
  });
}

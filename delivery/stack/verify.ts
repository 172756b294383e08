import { lookup as resolve } from "node:dns";
import type { LookupFunction } from "node:net";
import { Agent, fetch } from "undici";
import { z } from "zod";
import { notYet, waitFor } from "../../components/core/wait.ts";
import { type Era, probe } from "../../mcp/probe.ts";

/** Outputs of the stack that say where it can be reached from outside. */
const reachSchema = z.object({
  /** `https://<name>`. */
  url: z.url(),
  ingress: z.array(z.string()).min(1),
  mcp: z.array(z.object({ name: z.string(), url: z.url() })),
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

export interface Check {
  what: string;
  /** Empty when all is well. */
  fault: string;
}

/** Seconds for one request. */
const patience = 10;
const eras: Era[] = ["2025-11-25", "2026-07-28"];

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

/** A real client's handshake and list of tools, in both revisions of the protocol. */
async function mcp(server: Reach["mcp"][number], address: string): Promise<Check> {
  const found = await Promise.all(
    eras.map((era) => probe({ url: server.url, era, address, timeout: patience })),
  );
  const failed = found.findIndex((one) => !one.ready);
  const what = `MCP server ${server.name}`;
  return { what, fault: failed < 0 ? "" : `${eras[failed]}: ${found[failed]?.reason ?? "not ready"}` };
}

/**
 * Asks everything that the world sees, once: Nginx at each ingress address, every MCP server.
 * @param names also by the name that people use, which takes working DNS
 */
export async function checks(reach: Reach, names = false): Promise<Check[]> {
  const [first = ""] = reach.ingress;
  return Promise.all([
    ...reach.ingress.map((address) => health(reach.url, address)),
    ...(names ? [health(reach.url, undefined)] : []),
    ...reach.mcp.map((server) => mcp(server, first)),
  ]);
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

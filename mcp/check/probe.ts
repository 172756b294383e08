import { lookup as resolve } from "node:dns";
import type { LookupFunction } from "node:net";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Agent, fetch as undiciFetch } from "undici";
import { messageOf } from "../../components/core/errors.ts";

/** The two protocol revisions that are alive: with the `initialize` handshake, and without. */
export type Era = "2025-11-25" | "2026-07-28";

export interface Target {
  /** Endpoint, e.g. `https://sophia.example/mcp/sophia_infrastructure`. */
  url: string;
  era: Era;
  /** PEM of the authority to trust instead of the system's, or of the server's own certificate. */
  ca?: string;
  /** Address to connect to instead of what DNS says of the URL's host. */
  address?: string;
  token?: string;
  /** Seconds for each request. Default 10. */
  timeout?: number;
}

/** A connection of a real client; close it. */
export interface Connection {
  client: Client;
  version: string;
  close(): Promise<void>;
}

/** Connects with the official client in the given revision. @throws when the server does not speak it */
export async function connect(target: Target): Promise<Connection> {
  const { address, ca, token, era } = target;
  const lookup: LookupFunction = address
    ? (_, options, done) => resolve(address, options, done)
    : (host, options, done) => resolve(host, options, done);
  const agent = new Agent({
    connect: { lookup, ...(ca && { ca, allowPartialTrustChain: true }) },
    bodyTimeout: 30_000,
  });
  const viaAgent = ((input: string | URL, init?: RequestInit) =>
    undiciFetch(input, { ...init, dispatcher: agent } as Parameters<
      typeof undiciFetch
    >[1])) as unknown as typeof fetch;
  const client = new Client(
    { name: "sophia-probe", version: "0.1.0" },
    { versionNegotiation: { mode: era === "2025-11-25" ? "legacy" : { pin: era } } },
  );
  const transport = new StreamableHTTPClientTransport(new URL(target.url), {
    fetch: viaAgent,
    ...(token && { authProvider: { token: async () => token } }),
  });
  const close = async () => {
    await client.close();
    await agent.destroy();
  };
  try {
    await client.connect(transport, { timeout: (target.timeout ?? 10) * 1000 });
  } catch (error) {
    await close();
    throw error;
  }
  return { client, version: client.getNegotiatedProtocolVersion() ?? era, close };
}

/** What a server said to a real client. */
export interface Probe {
  ready: boolean;
  tools: string[];
  /** Why it is not ready. */
  reason?: string;
}

/** Handshake and `tools/list`; never throws. */
export async function probe(target: Target): Promise<Probe> {
  let connection: Connection | undefined;
  try {
    connection = await connect(target);
    const { tools } = await connection.client.listTools(undefined, {
      timeout: (target.timeout ?? 10) * 1000,
    });
    return { ready: true, tools: tools.map((tool) => tool.name).sort() };
  } catch (error) {
    return { ready: false, tools: [], reason: reasonOf(error) };
  } finally {
    await connection?.close();
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${messageOf(error.cause)}` : "";
  return `${messageOf(error)}${cause}`.slice(0, 300);
}

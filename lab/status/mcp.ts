import { askAll } from "../../mcp/check/ask.ts";
import type { ServerCheck } from "../../mcp/check/judge.ts";
import type { ServerSummary } from "../../mcp/platform.ts";
import type { McpGatewayStatus, McpServerStatus } from "./report.ts";

type Server = Omit<ServerSummary, "path"> & { url?: string };

/** What the stack said of its MCP servers when it was last brought up. */
export interface McpOutputs {
  mcp: Server[];
  mcpGateway?: string;
  /** Who may call the gateway. */
  mcpGatewayAuth?: "clients" | "oidc";
  /** Tokens by client. */
  mcpClients?: Record<string, string>;
}

/** How this machine gets to the servers: through Nginx of an ingress host. */
export interface Door {
  address: string | undefined;
  ca: string | undefined;
}

/** Asks every server, and the gateway, as a real client does, in each revision. Never throws. */
export async function mcpStatus(
  known: McpOutputs,
  door: Door,
): Promise<{ servers: McpServerStatus[]; gateway: McpGatewayStatus | undefined }> {
  const { mcp, mcpGateway: url } = known;
  const token = known.mcpClients?.check ?? Object.values(known.mcpClients ?? {})[0];
  const oidc = known.mcpGatewayAuth === "oidc";
  const { servers, gateway } = await askAll(mcp, url === undefined ? undefined : { url, oidc }, {
    ...door,
    token,
    timeout: 10,
  });
  return {
    servers: mcp.map((server, index) => statusOf(server, servers[index])),
    gateway:
      url === undefined || gateway === undefined
        ? undefined
        : {
            url,
            ready: gateway.ready,
            tools: gateway.offered[0]?.tools.length ?? 0,
            ...(gateway.reason !== undefined && { reason: gateway.reason }),
          },
  };
}

/** What was found of a server, or why it is off. Pure. */
export function statusOf(server: Server, found: ServerCheck | undefined): McpServerStatus {
  const { name, kind, enabled, url } = server;
  const reason = enabled ? found?.reason : server.reason;
  return {
    name,
    kind,
    enabled,
    ...(url !== undefined && { url }),
    ready: enabled && found?.ready === true,
    tools: enabled ? (found?.tools ?? []) : [],
    ...(reason !== undefined && { reason }),
  };
}

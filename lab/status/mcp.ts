import type { StackOutputs } from "../../components/outputs.ts";
import type { Access } from "../../mcp/check/access.ts";
import { checkServers } from "../../mcp/check/checkServers.ts";
import type { ServerCheck } from "../../mcp/check/judge.ts";
import type { McpGatewayStatus, McpServerStatus } from "./report.ts";

/** Outputs about the MCP servers. */
export type McpOutputs = Pick<StackOutputs, "mcp" | "mcpGateway" | "mcpGatewayAuth" | "mcpClients">;
type Server = McpOutputs["mcp"][number];

/**
 * Checks every server and the gateway with a real client, in each protocol revision. Never throws.
 *
 * @param access how this machine reaches Nginx of an ingress host
 */
export async function mcpStatus(
  known: McpOutputs,
  access: Pick<Access, "address" | "ca">,
): Promise<{ servers: McpServerStatus[]; gateway: McpGatewayStatus | undefined }> {
  const { mcp, mcpGateway: url } = known;
  const token = known.mcpClients?.check ?? Object.values(known.mcpClients ?? {})[0];
  const oidc = known.mcpGatewayAuth === "oidc";
  const { servers, gateway } = await checkServers(mcp, url === undefined ? undefined : { url, oidc }, {
    ...access,
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

/** Result of a server's check, or why it is off. Pure. */
function statusOf(server: Server, found: ServerCheck | undefined): McpServerStatus {
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

import type { ServerSummary } from "../../mcp/platform.ts";
import { type Era, type Probe, probe } from "../../mcp/probe.ts";
import type { McpGatewayStatus, McpServerStatus } from "./report.ts";

/** What the stack said of its MCP servers when it was last brought up. */
export interface McpOutputs {
  mcp: (Omit<ServerSummary, "path"> & { url?: string })[];
  mcpGateway?: string;
  /** Tokens by client. */
  mcpClients?: Record<string, string>;
}

/** How this machine gets to the servers: through Nginx of an ingress host. */
export interface Door {
  address: string | undefined;
  ca: string | undefined;
}

type Ask = (url: string, era: Era) => Promise<Probe>;

const eras: Era[] = ["2025-11-25", "2026-07-28"];
const isEra = (text: string): text is Era => eras.some((era) => era === text);

/** Asks every server, and the gateway, as a real client does, in each revision. Never throws. */
export async function mcpStatus(
  known: McpOutputs,
  door: Door,
): Promise<{ servers: McpServerStatus[]; gateway: McpGatewayStatus | undefined }> {
  const { address, ca } = door;
  const token = known.mcpClients?.check ?? Object.values(known.mcpClients ?? {})[0];
  const ask: Ask = (url, era) =>
    probe({ url, era, ...(address && { address }), ...(ca && { ca }), ...(token && { token }), timeout: 10 });
  const gatewayUrl = known.mcpGateway;
  const [viaGateway, ...direct] = await Promise.all([
    gatewayUrl === undefined ? [] : Promise.all(eras.map((era) => ask(gatewayUrl, era))),
    ...known.mcp.map((server) => askDirectly(server, ask)),
  ]);
  const servers = known.mcp.map((server, index) => judged(server, direct[index] ?? [], viaGateway));
  const failed = viaGateway.findIndex(({ ready }) => !ready);
  const gateway: McpGatewayStatus | undefined =
    gatewayUrl === undefined
      ? undefined
      : {
          url: gatewayUrl,
          ready: failed < 0,
          tools: viaGateway[0]?.tools.length ?? 0,
          ...(failed < 0 ? {} : { reason: `${eras[failed]}: ${viaGateway[failed]?.reason}` }),
        };
  return { servers, gateway };
}

type Answer = Probe & { era: Era };

async function askDirectly(server: McpOutputs["mcp"][number], ask: Ask): Promise<Answer[]> {
  const { url, enabled, revisions } = server;
  if (!enabled || url === undefined) return [];
  return Promise.all(revisions.filter(isEra).map(async (era) => ({ era, ...(await ask(url, era)) })));
}

/**
 * A server is ready when a real client of each revision that it speaks lists its tools, and the gateway offers them. Pure.
 */
export function judged(
  server: McpOutputs["mcp"][number],
  direct: readonly Answer[],
  viaGateway: readonly Probe[],
): McpServerStatus {
  const { name, kind, enabled, url } = server;
  const base = { name, kind, enabled, ...(url !== undefined && { url }) };
  if (!enabled) return { ...base, ready: false, tools: [], ...(server.reason && { reason: server.reason }) };
  const prefix = `${name}_`;
  const offered = (viaGateway[0]?.tools ?? [])
    .filter((tool) => tool.startsWith(prefix))
    .map((tool) => tool.slice(prefix.length));
  const failed = direct.find(({ ready }) => !ready);
  const reasons = [
    ...(failed ? [`${failed.era}: ${failed.reason}`] : []),
    ...(server.federated &&
    viaGateway.some((one) => one.ready && !one.tools.some((tool) => tool.startsWith(prefix)))
      ? ["the gateway does not offer its tools"]
      : []),
    ...(direct.length === 0 && !viaGateway.some(({ ready }) => ready) ? ["the gateway does not answer"] : []),
  ];
  const tools = direct[0]?.tools ?? offered;
  return {
    ...base,
    ready: reasons.length === 0,
    tools,
    ...(reasons.length > 0 && { reason: reasons.join("; ") }),
  };
}

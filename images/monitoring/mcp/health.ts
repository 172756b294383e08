import { connect } from "node:net";
import { z } from "zod";
import { messageOf } from "../errors.ts";
import { gauge, labelValue } from "../metrics.ts";
import type { Targets } from "./targets.ts";

/** What the gateway says of its servers; it may say more. */
const statusSchema = z.looseObject({
  backends: z.array(
    z.looseObject({ name: z.string().min(1), health: z.string().min(1), auth_type: z.string().optional() }),
  ),
});

/**
 * What the gateway says of servers that answered its last check, and whose tools it offers. `degraded` is one that answered
 * slowly, or missed a check before: until the next one, however well it answers.
 */
const answering: readonly string[] = ["healthy", "degraded"];

/**
 * The gateway calls a server healthy that refuses the token which the gateway adds: its refusal is taken as a sign of
 * life. So of servers with such a token this word says only that they respond. Pure.
 */
const heard = (health: string, authType = "unauthenticated") =>
  answering.includes(health) && authType !== "unauthenticated" ? "unverified" : health;

/** A server, and what is known of it: the gateway's word, or whether its Service leads to a pod that is ready. */
interface Seen {
  server: string;
  /** `healthy` and `degraded` answer. `unverified` responds, and may refuse the gateway's token. All else does not answer. */
  health: string;
}

export interface View {
  /** Why the gateway says nothing; then nothing is known of the servers behind it. */
  gatewayFault?: string;
  servers: Seen[];
}

async function askGateway(url: string, seconds: number): Promise<Seen[]> {
  const response = await fetch(url, { signal: AbortSignal.timeout(seconds * 1000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${text.slice(0, 200)}`);
  return statusSchema
    .parse(JSON.parse(text))
    .backends.map(({ name, health, auth_type }) => ({ server: name, health: heard(health, auth_type) }));
}

/** A Service without a ready pod refuses connections. */
function opens(target: string, seconds: number): Promise<boolean> {
  const [host = "", port = ""] = target.split(":");
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: seconds * 1000 });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}

/** How every MCP server is, for at most so many seconds. Never throws. */
export async function look({ status, apart }: Targets, seconds: number): Promise<View> {
  const [behind, ...direct] = await Promise.all([
    askGateway(status, seconds).catch(messageOf),
    ...Object.entries(apart).map(
      async ([server, target]): Promise<Seen> => ({
        server,
        health: (await opens(target, seconds)) ? "healthy" : "unreachable",
      }),
    ),
  ]);
  if (typeof behind === "string") return { gatewayFault: behind, servers: direct };
  return { servers: [...behind, ...direct] };
}

/** The view in Prometheus's text format. Pure. */
export function metricsOf({ gatewayFault, servers }: View): string {
  const counts = new Map<string, number>();
  for (const { health } of servers) counts.set(health, (counts.get(health) ?? 0) + 1);
  return `${[
    ...gauge("mcp_gateway_up", "Whether the gateway tells how its servers are.", [
      `mcp_gateway_up ${gatewayFault === undefined ? 1 : 0}`,
    ]),
    ...gauge(
      "mcp_server_up",
      "Whether an MCP server answers: by the gateway's word, or by its Service where it is not behind the gateway; nothing of one that is unverified.",
      servers.flatMap(({ server, health }) =>
        health === "unverified"
          ? []
          : [`mcp_server_up{server=${labelValue(server)}} ${answering.includes(health) ? 1 : 0}`],
      ),
    ),
    ...gauge(
      "mcp_servers",
      "MCP servers by health.",
      [...counts].map(([health, count]) => `mcp_servers{health=${labelValue(health)}} ${count}`),
    ),
  ].join("\n")}\n`;
}

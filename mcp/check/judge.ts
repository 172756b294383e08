import type { Era, Probe } from "./probe.ts";

/** What the check needs to know of a server. */
export interface CheckedServer {
  name: string;
  enabled: boolean;
  /** Whether the gateway offers its tools. */
  federated: boolean;
  /** Revisions that it speaks at its own path. */
  revisions: readonly string[];
  /** URL of its own path. Absent where only the gateway reaches it. */
  url?: string | undefined;
  /** Tools that the gateway offers of it, as the catalog names them. Absent: all. */
  toolAllow?: readonly string[] | undefined;
}

/** Result of a real client of one revision. */
export type Answer = Probe & { era: Era; ms: number };

/** Result of checking the gateway. */
export interface GatewayView {
  ready: boolean;
  /** Tools that it offers, by revision; empty where it accepts only an identity provider's tokens. */
  offered: readonly Probe[];
  /** Its health report by server, `unverified` where that does not count; only where it could not be checked as a client. */
  healths?: Readonly<Record<string, string>>;
  reason?: string;
}

/** `none`: the server is not reachable this way. `unverified`: it responds, and nothing says whether it accepts its token. */
type Mark = "ok" | "failed" | "none" | "unverified";

export interface ServerCheck {
  name: string;
  ready: boolean;
  direct: Mark;
  gateway: Mark;
  tools: string[];
  /** Milliseconds from connecting to the list of tools, of the slower revision. */
  ms: number;
  /** Why the server is not ready. */
  reason?: string;
  /** What is amiss with a server that is ready. */
  warning?: string;
}

const gatewayDown = "the gateway does not respond";

/**
 * Tools that the gateway offers of a server, by the server's own names for them: those with its name before them, except
 * where the longer name of another server is before them, too.
 */
function toolsOf(name: string, names: readonly string[], offered: readonly string[]): string[] {
  const prefix = `${name}_`;
  const longer = names.filter((other) => other.startsWith(prefix)).map((other) => `${other}_`);
  return offered
    .filter((tool) => tool.startsWith(prefix) && !longer.some((other) => tool.startsWith(other)))
    .map((tool) => tool.slice(prefix.length));
}

/** Tools that the catalog names, and an answer does not: their vendor renamed them, or the server's token has fewer rights. */
const lackedBy = ({ federated, toolAllow = [] }: CheckedServer, tools: readonly string[]): string[] =>
  federated ? toolAllow.filter((tool) => !tools.includes(tool)) : [];

/** Why the gateway does not serve a server; undefined where it does, or does not have to. */
function gatewayFault(
  server: CheckedServer,
  view: GatewayView | undefined,
  direct: readonly Answer[],
  names: readonly string[],
): string | undefined {
  const { name, federated } = server;
  const alone = direct.length === 0;
  if (view?.healths) {
    const health = view.healths[name];
    if (!federated || health === "healthy" || health === "unverified") return undefined;
    return view.ready || alone ? `the gateway reports it as ${health ?? "unknown"}` : undefined;
  }
  const answering = (view?.offered ?? []).filter(({ ready }) => ready);
  if (answering.length === 0) return alone ? gatewayDown : undefined;
  const offered = answering.map(({ tools }) => toolsOf(name, names, tools));
  if (federated && offered.some((tools) => tools.length === 0)) return "the gateway does not offer its tools";
  // What the server itself lacks is not the gateway's fault; what only the gateway can ask for is a warning.
  const whole = !alone && direct.every(({ tools }) => lackedBy(server, tools).length === 0);
  const lacked = whole ? offered.flatMap((tools) => lackedBy(server, tools)) : [];
  return lacked.length > 0 ? `the gateway does not offer ${listed(lacked)}` : undefined;
}

const listed = (tools: readonly string[]) => [...new Set(tools)].join(", ");

function gatewayMark(
  { name, federated }: CheckedServer,
  view: GatewayView | undefined,
  fault?: string,
): Mark {
  if (!federated) return "none";
  if (fault !== undefined || !view?.ready) return "failed";
  return view.healths?.[name] === "unverified" ? "unverified" : "ok";
}

/** What is wrong with a direct answer; undefined if nothing is. A list without tools is of no use to a client. */
function directFault(server: CheckedServer, { era, ready, tools, reason }: Answer): string | undefined {
  if (!ready) return `${era}: ${reason}`;
  if (tools.length === 0) return `${era}: it lists no tools`;
  const lacked = lackedBy(server, tools);
  return lacked.length > 0
    ? `${era}: it does not list ${listed(lacked)}: correct its toolAllow in mcp/catalog`
    : undefined;
}

/**
 * Of a server that only the gateway reaches, with the token of its vendor: which tools the catalog names in vain. GitHub's
 * hides those that its token may not use, so that this fails no update.
 */
function gatewayWarning(
  server: CheckedServer,
  { offered = [] }: Partial<GatewayView>,
  names: readonly string[],
): string | undefined {
  const lacked = offered
    .filter(({ ready }) => ready)
    .flatMap(({ tools }) => lackedBy(server, toolsOf(server.name, names, tools)));
  return lacked.length > 0
    ? `it does not offer ${listed(lacked)}: its token lacks a right, or its toolAllow in mcp/catalog is no longer right`
    : undefined;
}

/**
 * A server is ready when a real client of each revision that it supports can list its tools, those among them that the
 * catalog names, and the gateway offers them. A gateway that is down is reported once, not as a fault of each server that
 * also has its own path. Pure.
 *
 * @param names of all servers that run
 */
export function judged(
  server: CheckedServer,
  direct: readonly Answer[],
  view: GatewayView | undefined,
  names: readonly string[],
): ServerCheck {
  const offered = toolsOf(server.name, names, view?.offered[0]?.tools ?? []);
  const failed = direct.map((answer) => directFault(server, answer)).find((found) => found !== undefined);
  const fault = gatewayFault(server, view, direct, names);
  const warning =
    direct.length === 0 && fault === undefined ? gatewayWarning(server, view ?? {}, names) : undefined;
  const reasons = [...(failed ? [failed] : []), ...(fault ? [fault] : [])];
  return {
    name: server.name,
    ready: reasons.length === 0,
    direct: direct.length === 0 ? "none" : failed ? "failed" : "ok",
    gateway: gatewayMark(server, view, fault),
    tools: direct[0]?.tools ?? offered,
    ms: Math.max(0, ...direct.map(({ ms }) => ms)),
    ...(reasons.length > 0 && { reason: reasons.join("; ") }),
    ...(warning !== undefined && { warning }),
  };
}

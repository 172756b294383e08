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

/** Why the gateway does not serve a server; undefined where it does, or does not have to. */
function gatewayFault(
  { name, federated }: CheckedServer,
  view: GatewayView | undefined,
  alone: boolean,
  names: readonly string[],
): string | undefined {
  if (view?.healths) {
    const health = view.healths[name];
    if (!federated || health === "healthy" || health === "unverified") return undefined;
    return view.ready || alone ? `the gateway reports it as ${health ?? "unknown"}` : undefined;
  }
  const answering = (view?.offered ?? []).filter(({ ready }) => ready);
  if (answering.length === 0) return alone ? gatewayDown : undefined;
  const missing = answering.some(({ tools }) => toolsOf(name, names, tools).length === 0);
  return federated && missing ? "the gateway does not offer its tools" : undefined;
}

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
function directFault({ era, ready, tools, reason }: Answer): string | undefined {
  if (!ready) return `${era}: ${reason}`;
  return tools.length === 0 ? `${era}: it lists no tools` : undefined;
}

/**
 * A server is ready when a real client of each revision that it supports can list its tools, and the gateway offers them.
 * A gateway that is down is reported once, not as a fault of each server that also has its own path. Pure.
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
  const failed = direct.map(directFault).find((found) => found !== undefined);
  const fault = gatewayFault(server, view, direct.length === 0, names);
  const reasons = [...(failed ? [failed] : []), ...(fault ? [fault] : [])];
  return {
    name: server.name,
    ready: reasons.length === 0,
    direct: direct.length === 0 ? "none" : failed ? "failed" : "ok",
    gateway: gatewayMark(server, view, fault),
    tools: direct[0]?.tools ?? offered,
    ms: Math.max(0, ...direct.map(({ ms }) => ms)),
    ...(reasons.length > 0 && { reason: reasons.join("; ") }),
  };
}

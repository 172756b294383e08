import { isIPv4 } from "node:net";

/** What a route carries: plain requests, server-sent events, or WebSockets. */
export type RouteKind = "http" | "sse" | "websocket";

/** Requests below a path go to a service. */
export interface Route {
  /** Prefix of whole path segments, like `/mcp/redis`; `/` takes what no other route takes. */
  path: string;
  kind: RouteKind;
  /** Name of the service as the cluster's DNS knows it. It need not exist: then the answer is 503. */
  host: string;
  /**
   * IPv4 of that service, where it is known: connections to it are then kept, and its name is not looked up. A service
   * that gets another address rolls Nginx.
   */
  address?: string;
  /**
   * IPv4 of another service before the same pods, at the same port, that gives each connection to any of them. Requests
   * of the MCP revision that knows no sessions go there; needs `address`, which has all the rest.
   */
  spreadAddress?: string;
  port: number;
  /** Replaces the prefix on the way to the service. Left out: the path stays as it is. */
  upstreamPath?: string;
  /** Largest request body, as Nginx writes sizes. Default 8m. */
  maxBody?: string;
  /** Only this path itself, and nothing below it. */
  exact?: boolean;
  /** Only for clients that show their token; the token goes no further, the client's name does. */
  clients?: boolean;
}

/** JSON that Nginx serves itself, at just this path, to clients that show their token. */
export interface StaticDocument {
  path: string;
  text: string;
}

const pathShape = /^\/([A-Za-z0-9._~-]+(\/[A-Za-z0-9._~-]+)*)?$/;
const hostShape = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
const sizeShape = /^[0-9]+[km]?$/;
/** Answered by Nginx itself. */
const reserved = ["/health"];

/** Returns the routes, longest path first, or throws one error with all that is wrong. They end up in nginx.conf. */
export function checkedRoutes(routes: Route[]): Route[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  routes.forEach(({ path, host, address, spreadAddress, port, upstreamPath, maxBody }, index) => {
    const fault = (what: string) => faults.push(`routes[${index}]: ${what}`);
    if (!pathShape.test(path)) fault(`path "${path}" must be like /mcp/redis, without a slash at the end`);
    if (reserved.includes(path)) fault(`path ${path} is answered by Nginx itself`);
    if (seen.has(path)) fault(`path ${path} is there twice`);
    seen.add(path);
    if (!hostShape.test(host)) fault(`host "${host}" must be a name in the cluster's DNS`);
    if (address !== undefined && !isIPv4(address)) fault(`address "${address}" must be an IPv4 address`);
    if (spreadAddress !== undefined && (!isIPv4(spreadAddress) || address === undefined))
      fault(`spreadAddress "${spreadAddress}" must be an IPv4 address beside address`);
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      fault(`port ${port} must be between 1 and 65535`);
    if (upstreamPath !== undefined && !pathShape.test(upstreamPath)) {
      fault(`upstreamPath "${upstreamPath}" must be like /mcp`);
    }
    if (maxBody !== undefined && !sizeShape.test(maxBody)) fault(`maxBody "${maxBody}" must be like 16m`);
  });
  if (faults.length > 0) throw new Error(`Nginx routes are not usable:\n  ${faults.join("\n  ")}`);
  return [...routes].sort((a, b) => b.path.length - a.path.length || a.path.localeCompare(b.path));
}

/** Returns the documents, or throws one error with all that is wrong. Their paths end up in nginx.conf, beside the routes'. */
export function checkedDocuments(documents: StaticDocument[], routes: Route[]): StaticDocument[] {
  const taken = new Set([...reserved, ...routes.map(({ path }) => path)]);
  const faults = documents.flatMap(({ path, text }, index) => {
    const found = [
      ...(pathShape.test(path) ? [] : [`path "${path}" must be like /mcp/servers.json`]),
      ...(taken.has(path) ? [`path ${path} is taken`] : []),
      ...(isJson(text) ? [] : ["its text is not JSON"]),
    ];
    taken.add(path);
    return found.map((what) => `documents[${index}]: ${what}`);
  });
  if (faults.length > 0) throw new Error(`Nginx documents are not usable:\n  ${faults.join("\n  ")}`);
  return documents;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A rate as Nginx writes it, which knows whole requests per second or per minute only. */
export function nginxRate(perSecond: number): string {
  return Number.isInteger(perSecond) ? `${perSecond}r/s` : `${Math.max(1, Math.round(perSecond * 60))}r/m`;
}

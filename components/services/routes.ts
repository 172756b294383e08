import { isIPv4 } from "node:net";
import * as pulumi from "@pulumi/pulumi";

/** What a route carries: plain requests, server-sent events, or WebSockets. */
type RouteKind = "http" | "sse" | "websocket";

/** Requests below a path go to a service. */
export interface Route {
  /** Prefix of whole path segments, like `/mcp/redis`; `/` takes what no other route takes. */
  path: string;
  kind: RouteKind;
  /** DNS name of the service in the cluster. While it does not exist the answer is 503. */
  host: pulumi.Input<string>;
  /**
   * IPv4 of that service. With it connections are kept open, and the name is not resolved. A change rolls Nginx.
   * Default: `host` is resolved.
   */
  address?: pulumi.Input<string>;
  /**
   * IPv4 of a second service of the same pods and port that balances each connection to any of them. Requests of the MCP
   * revision without sessions go there, and those of them that list something are finished also when their client hangs up.
   * Needs `address`, which takes all other requests. Default: `address` takes all.
   */
  spreadAddress?: pulumi.Input<string>;
  port: number;
  /** Replaces the prefix on the way to the service. Default: the path stays as it is. */
  upstreamPath?: string;
  /** Largest request body, as Nginx writes sizes. Default: 8m. */
  maxBody?: string;
  /** Only this path itself, and nothing below it. */
  exact?: boolean;
  /** Only for clients with a token. Nginx passes on the client's name instead of the token. */
  clients?: boolean;
}

/** JSON that Nginx serves itself, at exactly this path, to clients with a token. */
export interface StaticDocument {
  path: string;
  text: string;
}

const pathShape = /^\/([A-Za-z0-9._~-]+(\/[A-Za-z0-9._~-]+)*)?$/;
const hostShape = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
const sizeShape = /^[0-9]+[km]?$/;
/** Answered by Nginx itself. */
const reserved = ["/health"];

/** Refuses a text that is not usable; of an output, when its value is known. */
function checkedInput(
  given: pulumi.Input<string>,
  isUsable: (text: string) => boolean,
  fault: (text: string) => string,
): { value: pulumi.Input<string>; faults: string[] } {
  if (typeof given === "string") return { value: given, faults: isUsable(given) ? [] : [fault(given)] };
  const value = pulumi.output(given).apply((text) => {
    if (!isUsable(text)) throw new Error(unusable([fault(text)]));
    return text;
  });
  return { value, faults: [] };
}

const unusable = (faults: string[]) => `Nginx routes are not usable:\n  ${faults.join("\n  ")}`;

/**
 * Returns the routes, longest path first. They end up in nginx.conf.
 * @throws one error with all that is wrong; of a host or address that is an output, when its value is known
 */
export function checkedRoutes(routes: Route[]): Route[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  const checked = routes.map((route, index): Route => {
    const { path, address, spreadAddress, port, upstreamPath, maxBody } = route;
    const at = (what: string) => `routes[${index}]: ${what}`;
    const fault = (what: string) => faults.push(at(what));
    const known = (
      given: pulumi.Input<string>,
      isUsable: (text: string) => boolean,
      message: (text: string) => string,
    ) => {
      const input = checkedInput(given, isUsable, (text) => at(message(text)));
      faults.push(...input.faults);
      return input.value;
    };
    if (!pathShape.test(path)) fault(`path "${path}" must be like /mcp/redis, without a slash at the end`);
    if (reserved.includes(path)) fault(`path ${path} is answered by Nginx itself`);
    if (seen.has(path)) fault(`path ${path} is there twice`);
    seen.add(path);
    if (spreadAddress !== undefined && address === undefined) fault("spreadAddress needs an address");
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      fault(`port ${port} must be between 1 and 65535`);
    if (upstreamPath !== undefined && !pathShape.test(upstreamPath)) {
      fault(`upstreamPath "${upstreamPath}" must be like /mcp`);
    }
    if (maxBody !== undefined && !sizeShape.test(maxBody)) fault(`maxBody "${maxBody}" must be like 16m`);
    const isName = (text: string) => hostShape.test(text);
    const notIPv4 = (field: string) => (text: string) => `${field} "${text}" must be an IPv4 address`;
    return {
      ...route,
      host: known(route.host, isName, (text) => `host "${text}" must be a DNS name in the cluster`),
      ...(address !== undefined && { address: known(address, isIPv4, notIPv4("address")) }),
      ...(spreadAddress !== undefined && {
        spreadAddress: known(spreadAddress, isIPv4, notIPv4("spreadAddress")),
      }),
    };
  });
  if (faults.length > 0) throw new Error(unusable(faults));
  return checked.sort((a, b) => b.path.length - a.path.length || a.path.localeCompare(b.path));
}

/** Returns the documents, or throws one error with all that is wrong. Their paths end up in nginx.conf. */
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

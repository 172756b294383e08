import type * as pulumi from "@pulumi/pulumi";
import type { Route } from "../components/services/routes.ts";
import type { DeployedEntry } from "./catalog/index.ts";
import { gatewayPath, ownPath } from "./catalog/reach.ts";

/** A Service, as Nginx connects to it. */
interface Target {
  host: pulumi.Input<string>;
  address: pulumi.Input<string>;
  port: number;
}

interface GatewayTarget extends Target {
  spreadAddress: pulumi.Input<string>;
  path: string;
  statusPath: string;
  metadataPath: string;
}

/** The route to a server's own path; none where only the gateway has its token. Pure. */
export function serverRoutes(entry: DeployedEntry, { host, address, port }: Target): Route[] {
  const path = ownPath(entry);
  if (path === undefined) return [];
  return [{ path, kind: "sse", clients: true, host, address, port, upstreamPath: entry.path }];
}

/**
 * The routes to the gateway. Pure.
 *
 * @param oidc the gateway validates tokens of an identity provider itself
 */
export function gatewayRoutes(gateway: GatewayTarget, oidc: boolean): Route[] {
  const { host, address, spreadAddress, port } = gateway;
  const exact = { kind: "sse", exact: true, host, address, port } as const;
  return [
    { ...exact, spreadAddress, path: gatewayPath, clients: !oidc, upstreamPath: gateway.path },
    { ...exact, path: `${gatewayPath}/status`, clients: true, upstreamPath: gateway.statusPath },
    ...(oidc ? [{ path: gateway.metadataPath, kind: "http", host, address, port } as const] : []),
  ];
}

import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { Component } from "../components/core/base.ts";
import type { Peer } from "../components/network/addresses.ts";
import type { Identity } from "../components/services/nginx.ts";
import type { Route, StaticDocument } from "../components/services/routes.ts";
import type { Settings } from "../components/settings/schema.ts";
import { type Choice, choose, notice, urlOf } from "./catalog/choose.ts";
import { type CatalogEntry, catalog, type DeployedEntry, isDeployed } from "./catalog/index.ts";
import { federated, ownPath, registryPath } from "./catalog/reach.ts";
import { registryDocument } from "./catalog/registry.ts";
import type { Urls } from "./deployment/egress.ts";
import { credentialFor, type Provided } from "./deployment/environment.ts";
import { type Platform, provide } from "./deployment/provided.ts";
import type { GpuScaling } from "./deployment/scaling.ts";
import { McpServer } from "./deployment/server.ts";
import { serverVolume } from "./deployment/volume.ts";
import type { Backend, GatewayAuth } from "./gateway/backend.ts";
import { Gateway, type GatewayArgs } from "./gateway/gateway.ts";
import { gatewayRoutes, serverRoutes } from "./routes.ts";

export interface McpPlatformArgs extends Platform {
  /** Section `mcp`. */
  settings: Settings["mcp"];
  /** Host name of the public URL, the first of `nginx.hostnames`. */
  hostname: string;
  /** Image of the servers that have none of their own. A change rolls them. */
  image: pulumi.Input<string>;
  /** Namespace of its objects. A change creates them anew in the other one. */
  namespace: pulumi.Input<string>;
  /** Redis for the gateway's sessions. A change of the password rolls it. */
  sessions: GatewayArgs["sessions"];
  /** What the gateway reaches Redis by. A change rolls it. */
  tunnel: GatewayArgs["tunnel"];
  /** What servers that ask for it read about the hosts, as JSON in a mounted file. */
  hosts: pulumi.Input<unknown[]>;
  /** Addresses of the Kubernetes API, which only servers whose entry names it may call. */
  apiServers: pulumi.Input<Peer[]>;
  /** Of the volumes of servers with state. A change concerns new volumes only. */
  storageClass: string;
  /** Resource that provides GPU slices: servers with a slice depend on it. */
  gpu: pulumi.Resource;
  /** Resources that must exist before the servers' pods start, which would otherwise compete for the CPU. A change does nothing. */
  after?: pulumi.Resource[];
  /** Default: servers with a GPU slice do not scale. */
  gpuScaling?: GpuScaling | undefined;
}

/** Whether tools of the server `redis` set and delete keys. Pure. */
export const writesRedis = ({ servers }: Pick<Settings["mcp"], "servers">): boolean =>
  servers.redis?.variables?.SOPHIA_REDIS_WRITABLE === "1";

/** State of a catalog entry in this stack. */
export interface ServerSummary {
  name: string;
  kind: CatalogEntry["kind"];
  enabled: boolean;
  /** Why it is disabled. */
  reason?: string;
  /** Path below the public URL; only servers that run in the cluster have one. */
  path?: string;
  /** Whether the gateway offers its tools. */
  federated: boolean;
  /** Revisions that it supports at its own path. */
  revisions: readonly string[];
  /** Tools that the gateway offers of it; absent: all. */
  toolAllow?: readonly string[];
}

/** State of every catalog entry. Pure. */
export const summaries = (choices: readonly Choice[]): ServerSummary[] =>
  choices.map((choice) => {
    const { entry } = choice;
    const path = choice.enabled ? ownPath(entry) : undefined;
    return {
      name: entry.name,
      kind: entry.kind,
      enabled: choice.enabled,
      ...(choice.enabled ? {} : { reason: choice.reason }),
      ...(path !== undefined && { path }),
      federated: federated(entry),
      revisions: entry.revisions,
      ...(entry.toolAllow && { toolAllow: entry.toolAllow }),
    };
  });

/** All MCP servers that the stack can run, the gateway for them, and a token for each client. */
export class McpPlatform extends Component {
  readonly servers: ServerSummary[];
  /** Nginx's routes to the gateway and the servers; each requires a client's token. */
  readonly routes: Route[];
  /** Documents that Nginx serves itself: the running servers, in the official registry's format. */
  readonly documents: StaticDocument[];
  /** Where Nginx validates an identity provider's tokens, which are then accepted on every route for clients. */
  readonly identity?: Identity;
  /** Tokens by client; secret. */
  readonly clients: pulumi.Output<Record<string, string>>;
  /** Digests of the gateway and of every server. */
  readonly digests: pulumi.Output<string[]>;

  constructor(name: string, args: McpPlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mcp:McpPlatform", name, opts);
    const { settings, namespace } = args;
    const choices = choose(catalog, settings, new Set(Object.keys(args.secrets)));
    const off = notice(choices);
    if (off) void pulumi.log.info(off, this);
    const running = choices.flatMap((choice) => (choice.enabled ? [choice.entry] : []));
    const provided = (entry: CatalogEntry) => provide(args, entry.name);
    const servers = this.#servers(running.filter(isDeployed), this.#volumes(args), provided, args);
    const gateway = new Gateway(
      this.childName("gateway"),
      {
        settings,
        namespace,
        backends: running
          .filter(federated)
          .map((entry) => backend(entry, servers, provided(entry), settings)),
        auth: authOf(args),
        sessions: args.sessions,
        tunnel: args.tunnel,
      },
      this.child(),
    );
    const { oidc } = settings.gateway;
    this.routes = [
      ...[...servers].flatMap(([entry, server]) => serverRoutes(entry, server)),
      ...gatewayRoutes(gateway, oidc !== undefined),
    ];
    if (oidc) {
      const { host, port, path } = gateway;
      this.identity = { host, port, path };
    }
    this.digests = pulumi.all([gateway.digest, ...[...servers.values()].map((server) => server.digest)]);
    this.documents = [{ path: registryPath, text: registryDocument(running, args.hostname) }];
    this.servers = summaries(choices);
    this.clients = pulumi.secret(pulumi.all(this.#tokens(settings.clients)));
    this.registerOutputs({ servers: this.servers });
  }

  /** Volumes by server, of servers that do not run, too: their data stays. */
  #volumes(args: McpPlatformArgs): Map<string, pulumi.Resource> {
    const possible = catalog.filter(isDeployed).filter(({ unavailable }) => unavailable === undefined);
    return new Map(
      possible.flatMap((entry) => {
        const volume = serverVolume(this.childName(entry.name), entry, args, this);
        return volume ? [[entry.name, volume] as const] : [];
      }),
    );
  }

  #servers(
    entries: readonly DeployedEntry[],
    volumes: ReadonlyMap<string, pulumi.Resource>,
    provided: (entry: CatalogEntry) => Provided,
    args: McpPlatformArgs,
  ): Map<DeployedEntry, McpServer> {
    const urls = urlsOf(args);
    const after = ({ name }: DeployedEntry) => [...(args.after ?? []), volumes.get(name) ?? []].flat();
    return new Map(
      entries.map((entry) => [
        entry,
        new McpServer(
          this.childName(entry.name),
          { ...args, entry, provided: provided(entry), urls, after: after(entry) },
          this.child({ dependsOn: entry.gpuSlices > 0 ? [args.gpu] : [] }),
        ),
      ]),
    );
  }

  #tokens(clients: Settings["mcp"]["clients"]): Record<string, pulumi.Output<string>> {
    return Object.fromEntries(
      Object.entries(clients).map(([client, generation]) => {
        const token = new random.RandomPassword(
          this.childName(`client-${client}`),
          // Nginx compares without case.
          { length: 48, special: false, upper: false, keepers: { generation: String(generation) } },
          this.child(),
        );
        return [client, token.result];
      }),
    );
  }
}

/** What the gateway needs to know of an entry. Pure. */
function backend(
  entry: CatalogEntry,
  servers: ReadonlyMap<CatalogEntry, McpServer>,
  provided: Provided,
  settings: Settings["mcp"],
): Backend {
  const server = servers.get(entry);
  const credential = credentialFor(entry, provided);
  return {
    name: entry.name,
    // By address: vMCP opens a connection for each call, and would look up a name each time.
    url:
      server && isDeployed(entry)
        ? pulumi.interpolate`http://${server.address}:${server.port}${entry.path}`
        : (urlOf(entry, settings) ?? ""),
    timeout: entry.timeout,
    tools: entry.toolAllow,
    credential: credential && {
      ...credential,
      value: pulumi.secret(pulumi.interpolate`Bearer ${credential.value}`),
    },
  };
}

/** Endpoints outside the cluster; a server's own variables take precedence over the platform's settings. */
function urlsOf({ lambdaApiUrl, gongApiUrl, settings }: McpPlatformArgs): Urls {
  const own = (server: string, variable: string) => settings.servers[server]?.variables?.[variable];
  return {
    lambda: lambdaApiUrl,
    inference: own("sophia_ai_intelligence", "SOPHIA_INFERENCE_API_URL"),
    gong: own("gong", "SOPHIA_GONG_API_URL") ?? gongApiUrl,
  };
}

function authOf({ settings, hostname }: McpPlatformArgs): GatewayAuth {
  const { oidc } = settings.gateway;
  return oidc ? { by: "oidc", ...oidc, resource: `https://${hostname}/mcp` } : { by: "nginx" };
}

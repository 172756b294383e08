import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { Component } from "../components/core/base.ts";
import type { Peer } from "../components/network/addresses.ts";
import type { Identity, RouteInput } from "../components/services/nginx.ts";
import type { StaticDocument } from "../components/services/routes.ts";
import type { Settings } from "../components/settings/schema.ts";
import { type Choice, choose, notice, urlOf } from "./catalog/choose.ts";
import { type CatalogEntry, catalog, isDeployed } from "./catalog/index.ts";
import { federated, gatewayPath, ownPath, registryPath } from "./catalog/reach.ts";
import { registryDocument } from "./catalog/registry.ts";
import type { Urls } from "./egress.ts";
import { credentialFor } from "./environment.ts";
import type { Backend, GatewayAuth } from "./gateway/backend.ts";
import { Gateway } from "./gateway/gateway.ts";
import { type Platform, provide } from "./provided.ts";
import type { GpuScaling } from "./scaling.ts";
import { McpServer } from "./server.ts";

export interface McpPlatformArgs extends Platform {
  /** Section `mcp`. */
  settings: Settings["mcp"];
  /** Name under which clients come, from `nginx.hostnames`. */
  hostname: string;
  image: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
  hosts: pulumi.Input<unknown[]>;
  apiServers: pulumi.Input<Peer[]>;
  storageClass: string;
  /** Makes GPU slices: servers that take one wait for it. */
  gpu: pulumi.Resource;
  /**
   * What starts before the servers' pods: all of them at once would take the time that those need. A change does nothing.
   */
  after?: pulumi.Resource[];
  /** Left out: servers with a GPU slice do not scale. */
  gpuScaling?: GpuScaling | undefined;
}

/** What of an entry became of it. */
export interface ServerSummary {
  name: string;
  kind: CatalogEntry["kind"];
  enabled: boolean;
  /** Why it stays off. */
  reason?: string;
  /** Below the public URL; only servers that run here have one. */
  path?: string;
  /** Whether the gateway offers its tools. */
  federated: boolean;
  /** Revisions that it speaks at its own path. */
  revisions: readonly string[];
}

/** What became of every entry. Pure. */
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
    };
  });

/** All MCP servers that the stack can run, the gateway in front of them, and the tokens of those who may call. */
export class McpPlatform extends Component {
  readonly servers: ServerSummary[];
  /** How Nginx reaches them; each asks for a client's token. */
  readonly routes: RouteInput[];
  /** What Nginx itself tells clients: the servers that run, in the official registry's shape. */
  readonly documents: StaticDocument[];
  /** Where Nginx has the tokens of an identity provider checked, which then open every route for clients. */
  readonly identity?: pulumi.Output<Identity>;
  /** Tokens by client; secret. */
  readonly clients: pulumi.Output<Record<string, string>>;
  /** Of the gateway and the servers: what each runs as. */
  readonly digests: pulumi.Output<string[]>;

  constructor(name: string, args: McpPlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mcp:McpPlatform", name, opts);
    const { settings } = args;
    const choices = choose(catalog, settings, new Set(Object.keys(args.secrets)));
    const off = notice(choices);
    if (off) void pulumi.log.info(off, this);
    const provided = provide(args);
    const running = choices.flatMap((choice) => (choice.enabled ? [choice.entry] : []));

    const backends: Backend[] = [];
    this.routes = [];
    const digests: pulumi.Output<string>[] = [];
    for (const entry of running) {
      let url: pulumi.Input<string>;
      if (isDeployed(entry)) {
        const server = new McpServer(
          this.childName(entry.name),
          { ...args, entry, provided, urls: urlsOf(args) },
          this.child({ dependsOn: entry.gpuSlices > 0 ? [args.gpu] : [] }),
        );
        digests.push(server.digest);
        // By address: the gateway opens a connection a call, and would look the name up each time.
        url = pulumi.interpolate`http://${server.address}:${server.port}${entry.path}`;
        const path = ownPath(entry);
        if (path !== undefined) {
          this.routes.push({
            path,
            kind: "sse",
            clients: true,
            host: server.host,
            address: server.address,
            port: server.port,
            upstreamPath: entry.path,
          });
        }
      } else url = urlOf(entry, settings) ?? "";
      if (federated(entry)) {
        backends.push({
          name: entry.name,
          url,
          timeout: entry.timeout,
          tools: entry.toolAllow,
          credential: bearer(credentialFor(entry, provided)),
        });
      }
    }
    const gateway = new Gateway(
      this.childName("gateway"),
      {
        settings,
        namespace: args.namespace,
        backends,
        auth: authOf(args),
        sessions: args.redis,
      },
      this.child(),
    );
    this.digests = pulumi.all([gateway.digest, ...digests]);
    const { host, address, spreadAddress, port } = gateway;
    const viaGateway = { kind: "sse", exact: true, host, address, port } as const;
    this.routes.push(
      // Tokens of an identity provider are the gateway's to check.
      {
        ...viaGateway,
        spreadAddress,
        path: gatewayPath,
        clients: !settings.gateway.oidc,
        upstreamPath: gateway.path,
      },
      { ...viaGateway, path: `${gatewayPath}/status`, clients: true, upstreamPath: gateway.statusPath },
    );
    if (settings.gateway.oidc) {
      const { metadataPath, path } = gateway;
      this.routes.push({ path: metadataPath, kind: "http", host, address, port });
      this.identity = host.apply((known) => ({ host: known, port, path }));
    }
    this.documents = [{ path: registryPath, text: registryDocument(running, args.hostname) }];
    this.servers = summaries(choices);
    this.clients = pulumi.secret(pulumi.all(this.#tokens(settings.clients)));
    this.registerOutputs({ servers: this.servers });
  }

  #tokens(clients: Settings["mcp"]["clients"]): Record<string, pulumi.Output<string>> {
    return Object.fromEntries(
      Object.entries(clients).map(([client, generation]) => {
        const token = new random.RandomPassword(
          this.childName(`client-${client}`),
          // Nginx compares without regard to capitals.
          { length: 48, special: false, upper: false, keepers: { generation: String(generation) } },
          this.child(),
        );
        return [client, token.result];
      }),
    );
  }
}

const bearer = (credential: Backend["credential"]): Backend["credential"] =>
  credential && { ...credential, value: pulumi.secret(pulumi.interpolate`Bearer ${credential.value}`) };

/** Where servers go beyond the cluster; settings of a server come before what everybody uses. */
function urlsOf({ lambdaApiUrl, gongApiUrl, settings }: McpPlatformArgs): Urls {
  const own = (server: string, variable: string) => settings.servers[server]?.variables?.[variable];
  return {
    lambda: lambdaApiUrl,
    inference: own("sophia_ai_intelligence", "SOPHIA_INFERENCE_API_URL") ?? "https://api.lambda.ai/v1",
    gong: own("gong", "SOPHIA_GONG_API_URL") ?? gongApiUrl,
  };
}

function authOf({ settings, hostname }: McpPlatformArgs): GatewayAuth {
  const { oidc } = settings.gateway;
  return oidc ? { by: "oidc", ...oidc, resource: `https://${hostname}/mcp` } : { by: "nginx" };
}

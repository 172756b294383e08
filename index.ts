import * as pulumi from "@pulumi/pulumi";
import { insideCluster } from "./components/core/insideCluster.ts";
import "./components/core/nativeStacks.ts";
import { Images } from "./components/images/images.ts";
import { Namespaces } from "./components/network/namespaces.ts";
import { GpuPlugin } from "./components/services/gpu.ts";
import { GpuMetrics } from "./components/services/gpuMetrics/index.ts";
import { Nginx } from "./components/services/nginx.ts";
import { loadManifest, Postgres, PostgresOperator } from "./components/services/postgres/index.ts";
import { Redis } from "./components/services/redis.ts";
import { readConfiguration } from "./components/settings/read.ts";
import { Pipeline } from "./data/pipeline.ts";
import { apiServersOf } from "./k3s/apiServers.ts";
import { Cluster } from "./k3s/cluster.ts";
import { publicPeerPorts } from "./k3s/ports.ts";
import { openTunnel } from "./k3s/tunnel/open.ts";
import { Fleet } from "./lambda/fleet.ts";
import { publicKeyOf } from "./lambda/publicKey.ts";
import { checkedServers, checkToken, McpCheck } from "./mcp/checkJob.ts";
import { clientConfigs } from "./mcp/clients.ts";
import { monitored } from "./mcp/monitored.ts";
import { McpPlatform } from "./mcp/platform.ts";

const { settings, secrets } = readConfiguration();
const { storageClass } = settings;

const images =
  settings.images.build && secrets.registryPassword
    ? new Images("images", { settings: settings.images.build, password: secrets.registryPassword })
    : undefined;

/** Estuary's data plane comes by SSH. */
const sshNetworks = secrets.estuaryTunnelKey ? settings.pipeline.estuary.networks : [];

const publicKey = settings.lambda.sshKey.publicKey ?? secrets.sshPrivateKey.apply(publicKeyOf);
/** Only while the key changes. */
const previousPrivateKey = secrets.sshPreviousPrivateKey;
const previousPublicKey =
  previousPrivateKey &&
  pulumi.unsecret(pulumi.output(previousPrivateKey).apply((key) => publicKeyOf(key ?? "")));

const fleet = new Fleet("fleet", {
  settings: settings.lambda,
  hosts: settings.hosts,
  budget: settings.budget,
  apiKey: secrets.lambdaApiKey,
  publicKey,
  previousPublicKey,
  peerPorts: publicPeerPorts(settings.k3s),
  sshNetworks,
});

const cluster = new Cluster("cluster", {
  hosts: fleet.hosts,
  settings: settings.k3s,
  adminNetworks: settings.lambda.firewall.adminNetworks,
  sshNetworks,
  sshPrivateKey: secrets.sshPrivateKey,
  sshKeyChange:
    previousPrivateKey && previousPublicKey
      ? { publicKey, previousPrivateKey, previousPublicKey }
      : undefined,
});
const apiServers = cluster.server.apply(apiServersOf);
const inCluster = insideCluster(cluster.provider, cluster.birth);

const namespaces = new Namespaces(
  "namespaces",
  {
    apiServers,
    clusterCidr: settings.k3s.clusterCidr,
    gpuSlices: settings.gpu.slicesPerGpu,
  },
  inCluster,
);
const namespace = namespaces.names;

const gpu = new GpuPlugin("gpu", { settings: settings.gpu, namespace: namespace.gpu }, inCluster);

const { autoscaling } = settings.gpu;
const gpuMetrics = autoscaling.enabled
  ? new GpuMetrics(
      "gpu-metrics",
      {
        settings: autoscaling,
        image: images?.repoDigest("monitoring") ?? autoscaling.image,
        mcp: monitored(settings.mcp, new Set(Object.keys(secrets))),
        namespaces: namespace,
      },
      { ...inCluster, dependsOn: [gpu] },
    )
  : undefined;

const operator = new PostgresOperator(
  "postgres-operator",
  {
    manifest: await loadManifest(settings.postgres.operatorManifest),
    namespace: namespaces.walled["cnpg-system"],
    digests: settings.images.digests,
  },
  inCluster,
);
const postgres = new Postgres(
  "postgres",
  { settings: settings.postgres, operator, namespace: namespace.data, storageClass },
  inCluster,
);
const redis = new Redis(
  "redis",
  { settings: settings.redis, namespace: namespace.data, storageClass },
  inCluster,
);

const pipeline = new Pipeline(
  "pipeline",
  {
    settings: settings.pipeline,
    image: images?.repoDigests.pipeline ?? settings.pipeline.image,
    namespace: namespace.data,
    postgres,
    secrets,
    tunnel: (target) =>
      openTunnel("estuary-tunnel", {
        cluster,
        hosts: fleet.hosts,
        user: "estuary",
        publicKey: pulumi.unsecret(
          pulumi.output(secrets.estuaryTunnelKey).apply((key) => publicKeyOf(key ?? "")),
        ),
        target,
      }),
  },
  inCluster,
);

const mcpPlatform = new McpPlatform(
  "mcp",
  {
    settings: settings.mcp,
    image: images?.repoDigest("mcp-servers") ?? settings.mcp.image,
    hostname: settings.nginx.hostnames[0] ?? "",
    namespace: namespace.mcp,
    hosts: fleet.summary,
    apiServers,
    storageClass,
    gpu,
    after: [postgres.release],
    gpuScaling: gpuMetrics && { ...autoscaling, slices: settings.gpu.slicesPerGpu },
    lambdaApiUrl: settings.lambda.apiUrl,
    gongApiUrl: settings.pipeline.gong.apiUrl,
    postgres: {
      host: postgres.host,
      port: postgres.port,
      password: postgres.passwords.mcp,
      ca: postgres.ca,
    },
    redis: { host: redis.host, port: redis.port, password: redis.password },
    secrets,
  },
  // PostgreSQL takes longest, and the engine takes resources one by one: these two hundred come after its operator.
  { ...inCluster, dependsOn: [operator] },
);

const nginx = new Nginx(
  "nginx",
  {
    settings: settings.nginx,
    namespace: namespace.ingress,
    routes: mcpPlatform.routes,
    documents: mcpPlatform.documents,
    clients: mcpPlatform.clients,
    identity: mcpPlatform.identity,
    serviceCidr: settings.k3s.serviceCidr,
    tls: { certificate: secrets.tlsCertificate, key: secrets.tlsKey },
  },
  inCluster,
);

new McpCheck(
  "mcp-check",
  {
    namespace: namespace.mcp,
    image: images?.repoDigest("mcp-servers") ?? settings.mcp.image,
    plan: pulumi.all([nginx.host, secrets.tlsCertificate]).apply(([address, certificate]) => ({
      ...checkedServers(`https://${settings.nginx.hostnames[0]}`, mcpPlatform.servers, settings.mcp),
      address,
      certificate,
    })),
    token: mcpPlatform.clients.apply(checkToken),
    // The data stores, too: servers that lost theirs answer no more.
    contents: pulumi
      .all([nginx.digest, redis.digest, postgres.digest, mcpPlatform.digests])
      .apply(([door, cache, database, behind]) => [door, cache, database, ...behind]),
  },
  { ...inCluster, dependsOn: [nginx, mcpPlatform] },
);

/** Our own images, by name: what services run, by digest. Empty where the stack builds none. */
export const repoDigests = images?.repoDigests ?? {};
/** Machines with address, type, region and price. */
export const hosts = fleet.summary;
/** For OpenSSH's `known_hosts`: the hosts with the keys that were pinned at first contact. */
export const knownHosts = cluster.knownHosts;
/** Addresses at which Nginx answers. */
export const ingress = pulumi.all(
  fleet.hosts.filter(({ roles }) => roles.includes("ingress")).map(({ host }) => host.address),
);
/** US dollars a month, by resource. */
export const monthlyEstimate = fleet.estimate;
/** For `kubectl`; secret. */
export const kubeconfig = cluster.kubeconfig;
export const nodes = cluster.nodes.map(({ name }) => name);
/** Inside the cluster. */
export const services = {
  postgres: {
    host: postgres.host,
    pooledHost: postgres.pooledHost,
    port: postgres.port,
    databases: postgres.databases,
  },
  redis: { host: redis.host, port: redis.port },
};
/** Parts of the data pipeline that run, and what flows. */
export const pipelineParts = pipeline.parts;
export const pipelineStreams = pipeline.streams;
/** From outside. */
export const url = nginx.url;
/** Every MCP server of the catalog; those that run have a URL of their own, or are reached by the gateway. */
export const mcp = mcpPlatform.servers.map(({ path, ...server }) => ({
  ...server,
  ...(path !== undefined && { url: pulumi.interpolate`${nginx.url}${path}` }),
}));
export const mcpGateway = pulumi.interpolate`${nginx.url}/mcp`;
/** Whose tokens get in there: ours, or an identity provider's. */
export const mcpGatewayAuth = settings.mcp.gateway.oidc ? "oidc" : "clients";
/** Tokens of those who may call the MCP servers, by name; secret. */
export const mcpClients = mcpPlatform.clients;
/** Ready configuration files of MCP clients; secret, for they hold a token. */
export const mcpConfig = pulumi
  .all([nginx.url, mcpPlatform.clients])
  .apply(([base, tokens]) => clientConfigs(base, mcpPlatform.servers, tokens, mcpGatewayAuth === "oidc"));

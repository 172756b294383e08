import * as pulumi from "@pulumi/pulumi";
import { Backup } from "./components/backup/backup.ts";
import { backupMonitored, backupQueries } from "./components/backup/monitored.ts";
import { insideCluster } from "./components/core/insideCluster.ts";
import "./components/core/nativeStacks.ts";
import { stackImages } from "./components/images/stack.ts";
import { Monitoring } from "./components/monitoring/monitoring.ts";
import { clusterDnsAddress } from "./components/network/addresses.ts";
import { Namespaces } from "./components/network/namespaces.ts";
import { GpuPlugin } from "./components/services/gpu.ts";
import { GpuMetrics } from "./components/services/gpuMetrics/index.ts";
import { Nginx } from "./components/services/nginx.ts";
import { loadManifest, Postgres, PostgresOperator } from "./components/services/postgres/index.ts";
import { Redis } from "./components/services/redis/redis.ts";
import { readConfiguration } from "./components/settings/read.ts";
import { pipelineMonitored } from "./data/monitored.ts";
import { Pipeline } from "./data/pipeline.ts";
import { Cluster } from "./k3s/cluster.ts";
import { apiServersOf } from "./k3s/config/apiServers.ts";
import { publicPeerPorts } from "./k3s/config/ports.ts";
import { registryLogin } from "./k3s/config/registries.ts";
import { openTunnel } from "./k3s/tunnel/open.ts";
import { Fleet } from "./lambda/fleet.ts";
import { publicKeyFrom, sshKeysOf } from "./lambda/sshKeys.ts";
import { catalogFaults } from "./mcp/catalog/faults.ts";
import { McpCheck } from "./mcp/checkJob.ts";
import { clientConfigs } from "./mcp/clients.ts";
import { mcpMonitored, monitored } from "./mcp/monitored.ts";
import { McpPlatform, writesRedis } from "./mcp/platform.ts";

const { settings, secrets } = readConfiguration(catalogFaults);
const { storageClass } = settings;
const { autoscaling } = settings.gpu;
const [hostname = ""] = settings.nginx.hostnames;
const given = new Set(Object.keys(secrets));
const usesOidc = settings.mcp.gateway.oidc !== undefined;

const { imageFor, repoDigests } = stackImages(settings.images.build, secrets.registryPassword);

/** Estuary's data plane connects by SSH. */
const sshNetworks = secrets.estuaryTunnelKey ? settings.pipeline.estuary.networks : [];

const sshKeys = sshKeysOf(secrets, settings.lambda.sshKey.publicKey);

const fleet = new Fleet("fleet", {
  settings: settings.lambda,
  hosts: settings.hosts,
  budget: settings.budget,
  apiKey: secrets.lambdaApiKey,
  publicKey: sshKeys.publicKey,
  previousPublicKey: sshKeys.change?.previousPublicKey,
  peerPorts: publicPeerPorts(settings.k3s),
  sshNetworks,
});

const cluster = new Cluster("cluster", {
  hosts: fleet.hosts,
  settings: settings.k3s,
  adminNetworks: settings.lambda.firewall.adminNetworks,
  sshNetworks,
  registryLogin: registryLogin(settings.images.build?.registry, secrets.registryPullPassword),
  sshPrivateKey: secrets.sshPrivateKey,
  sshKeyChange: sshKeys.change,
});
const apiServers = cluster.server.apply(apiServersOf);
const inCluster = insideCluster(cluster.provider, cluster.clusterIdentity);

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

const gpuMetrics = autoscaling.enabled
  ? new GpuMetrics(
      "gpu-metrics",
      {
        settings: autoscaling,
        image: imageFor("monitoring", autoscaling.image),
        mcp: monitored(settings.mcp, given),
        namespaces: namespace,
      },
      { ...inCluster, dependsOn: [gpu] },
    )
  : undefined;

const operator = new PostgresOperator(
  "postgres-operator",
  {
    manifest: await loadManifest(settings.postgres.operatorManifest),
    namespace: namespaces.isolated["cnpg-system"],
    digests: settings.images.digests,
  },
  inCluster,
);
const metrics = backupQueries(settings.backup);
const postgres = new Postgres(
  "postgres",
  { settings: settings.postgres, operator, namespace: namespace.data, storageClass, metrics },
  inCluster,
);
const redis = new Redis(
  "redis",
  { settings: settings.redis, namespace: namespace.data, storageClass, mcpWrites: writesRedis(settings.mcp) },
  inCluster,
);

if (settings.backup)
  new Backup("backup", { settings, secrets, namespace: namespace.data, postgres, redis }, inCluster);

const pipeline = new Pipeline(
  "pipeline",
  {
    settings: settings.pipeline,
    image: imageFor("pipeline", settings.pipeline.image),
    namespace: namespace.data,
    postgres,
    secrets,
    tunnel: (target) =>
      openTunnel("estuary-tunnel", {
        cluster,
        hosts: fleet.hosts,
        user: "estuary",
        publicKey: publicKeyFrom(secrets.estuaryTunnelKey, "estuaryTunnelKey"),
        target,
      }),
  },
  inCluster,
);

const mcpPlatform = new McpPlatform(
  "mcp",
  {
    settings: settings.mcp,
    image: imageFor("mcp-servers", settings.mcp.image),
    hostname,
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
      logins: postgres.turns,
      ca: postgres.ca,
    },
    redis: { ...redis.endpoint, ca: redis.ca, password: redis.passwords.mcp },
    sessions: { ...redis.endpoint, ca: redis.ca, password: redis.passwords.gateway },
    tunnel: { image: settings.nginx.image, dns: clusterDnsAddress(settings.k3s.serviceCidr) },
    secrets,
  },
  // PostgreSQL takes longest, and the engine registers resources one by one: these two hundred follow its operator.
  { ...inCluster, dependsOn: [operator] },
);

const nginx = new Nginx(
  "nginx",
  {
    settings,
    namespace: namespace.ingress,
    routes: mcpPlatform.routes,
    documents: mcpPlatform.documents,
    clients: mcpPlatform.clients,
    identity: mcpPlatform.identity,
    tls: { certificate: secrets.tlsCertificate, key: secrets.tlsKey },
  },
  inCluster,
);

if (settings.monitoring.enabled)
  new Monitoring(
    "monitoring",
    {
      settings,
      namespaces: namespace,
      parts: [
        backupMonitored(settings.backup),
        pipelineMonitored(settings.pipeline),
        mcpMonitored(settings.mcp, given, autoscaling),
      ],
      hosts: cluster.addresses.map((host) => ({
        ...host,
        hourlyUsd: fleet.summary.apply((all) => all.find(({ name }) => name === host.name)?.hourlyUsd ?? 0),
      })),
      hostExporterImage: imageFor("monitoring", autoscaling.image),
      slackUrl: secrets.alertsSlackUrl,
    },
    inCluster,
  );

new McpCheck(
  "mcp-check",
  {
    namespace: namespace.mcp,
    image: imageFor("mcp-servers", settings.mcp.image),
    hostname,
    address: nginx.host,
    certificate: secrets.tlsCertificate,
    servers: mcpPlatform.servers,
    oidc: usesOidc,
    clients: mcpPlatform.clients,
    digests: {
      cluster: cluster.digest,
      namespaces: namespaces.digest,
      gpu: gpu.digest,
      postgres: postgres.digest,
      redis: redis.digest,
      nginx: nginx.digest,
      servers: mcpPlatform.digests,
    },
  },
  { ...inCluster, dependsOn: [nginx, mcpPlatform] },
);

// The outputs; `components/outputs.ts` is their schema, for readers.
export { repoDigests };
export const hosts = fleet.summary;
export const knownHosts = cluster.knownHosts;
export const ingress = pulumi.all(
  fleet.hosts.filter(({ roles }) => roles.includes("ingress")).map(({ host }) => host.address),
);
export const monthlyEstimate = fleet.estimate;
export const kubeconfig = cluster.kubeconfig;
export const nodes = cluster.nodes.map(({ name }) => name);
export const services = { postgres: postgres.endpoint, redis: redis.endpoint };
export const pipelineParts = pipeline.parts;
export const pipelineStreams = pipeline.streams;
export const url = nginx.url;
export const mcp = mcpPlatform.servers.map(({ path, ...server }) => ({
  ...server,
  ...(path !== undefined && { url: pulumi.interpolate`${nginx.url}${path}` }),
}));
export const mcpGateway = pulumi.interpolate`${nginx.url}/mcp`;
export const mcpGatewayAuth = usesOidc ? "oidc" : "clients";
export const mcpClients = mcpPlatform.clients;
export const mcpConfig = pulumi
  .all([nginx.url, mcpPlatform.clients])
  .apply(([base, tokens]) => clientConfigs(base, mcpPlatform.servers, tokens, usesOidc));

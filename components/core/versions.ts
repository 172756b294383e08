/**
 * The only table of versions. A change here changes what runs: `pulumi preview` shows it as an upgrade.
 * Image references are the production names; in the lab a registry mirror serves images of the same name.
 */
export const versions = {
  /** Kubernetes 1.36 is the newest line that CloudNativePG 1.30 is tested with. */
  k3s: "v1.36.3+k3s1",
  cloudNativePg: "1.30.0",
  nvidiaDevicePlugin: "0.19.0",
} as const;

/** Version of Kubernetes without K3s's own suffix, as Helm's `--kube-version` takes it. */
export const kubernetesVersion = versions.k3s.replace(/\+.*$/, "");

/** Images by role, each by tag, never `latest`. The digests that `prod` runs are in the setting `images.digests`. */
export const images = {
  cnpgOperator: "ghcr.io/cloudnative-pg/cloudnative-pg:1.30.0",
  postgres: "ghcr.io/cloudnative-pg/postgresql:15.20-standard-bookworm",
  /** CloudNativePG's pooler needs PgBouncer 1.19 or newer. */
  pgbouncer: "ghcr.io/cloudnative-pg/pgbouncer:1.24.1",
  redis: "docker.io/library/redis:7.0.15-bookworm",
  nginx: "docker.io/library/nginx:1.22.1",
  prometheus: "docker.io/prom/prometheus:v2.42.0",
  alertmanager: "docker.io/prom/alertmanager:v0.25.0",
  /** Backups. */
  restic: "docker.io/restic/restic:0.18.1",
  nvidiaDevicePlugin: "nvcr.io/nvidia/k8s-device-plugin:v0.19.0",
  /** Exports GPU metrics. The tag has DCGM's version, then the exporter's. */
  dcgmExporter: "nvcr.io/nvidia/k8s/dcgm-exporter:4.5.3-4.8.2-distroless",
  mcpServers: "ghcr.io/sophia-ai/mcp-servers:0.1.0",
  /** Exports the health of hosts, and serves GPU metrics to Kubernetes's autoscalers. */
  monitoring: "ghcr.io/sophia-ai/monitoring:0.1.0",
  /** Jobs of the data pipeline. */
  pipeline: "ghcr.io/sophia-ai/pipeline:0.1.0",
  /** Federates the MCP servers. The newest release whose Go module this repository's Go can build. */
  mcpGateway: "ghcr.io/stacklok/toolhive/vmcp:v0.47.0",
  githubMcp: "ghcr.io/github/github-mcp-server:v1.10.1",
  slackMcp: "ghcr.io/korotovsky/slack-mcp-server:v1.3.0",
} as const;
export type ImageRole = keyof typeof images;

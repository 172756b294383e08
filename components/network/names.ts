/**
 * Namespaces of the platform, each isolated by its own policies; first those that the longest waits are for. `kube-system` belongs
 * to the cluster.
 */
export const namespaceNames = ["cnpg-system", "data", "ingress", "mcp", "gpu", "monitoring"] as const;
export type NamespaceName = (typeof namespaceNames)[number];

/** Pods with this label may open connections to PostgreSQL. */
export const postgresClient = { "sophia.ai/postgres-client": "true" } as const;
/** Pods with this label may open connections to Redis. */
export const redisClient = { "sophia.ai/redis-client": "true" } as const;

/** Names that charts and network rules have in common. */
export const postgresCluster = "postgres";
export const postgresPooler = "postgres-pooler";

/** Pods of the gateway in front of the MCP servers. */
export const mcpGateway = { "app.kubernetes.io/name": "mcp-gateway" } as const;

/** Pods that ask all MCP servers, after each change of one. */
export const mcpCheck = { "app.kubernetes.io/name": "mcp-check" } as const;

/** NVIDIA's exporter on hosts with GPUs. */
export const dcgmExporter = { "app.kubernetes.io/name": "dcgm-exporter" } as const;
/** The API that gives Kubernetes the utilisation of GPUs. */
export const gpuMetrics = { "app.kubernetes.io/name": "gpu-metrics" } as const;
/** The exporter of the hosts' health. */
export const hostExporter = { "app.kubernetes.io/name": "host-exporter" } as const;

import { z } from "zod";
import { images, versions } from "../../core/versions.ts";
import { hostname, image, list } from "./formats.ts";
import { demand, generation, quantity } from "./quantities.ts";

/** A limit of requests. A change replaces Nginx's pods one by one. */
const rateLimit = z.strictObject({
  /** Requests per second, as a mean. What exceeds rate and burst is answered with 429. */
  perSecond: z.number().positive(),
  /** Requests that may come at once beyond the mean. */
  burst: z.number().int().positive(),
});

/** PostgreSQL by CloudNativePG. */
export const postgresSettings = z.strictObject({
  /** Release manifest of the operator: a URL or a file. A change upgrades the operator. */
  operatorManifest: z
    .string()
    .default(
      `https://github.com/cloudnative-pg/cloudnative-pg/releases/download/v${versions.cloudNativePg}/cnpg-${versions.cloudNativePg}.yaml`,
    ),
  /**
   * PostgreSQL's. A change restarts the servers one by one: a single one is away for that time. Another major version needs
   * a dump and a load.
   */
  image: image.default(images.postgres),
  /**
   * 1 is a single server, 3 survives the loss of a node. Each needs a host of its own with role `data`; with Estuary there
   * is exactly one. A change adds or removes standbys.
   */
  instances: z.number().int().min(1).max(5).default(1),
  /**
   * Size of each server's volume, which the limits of its WAL follow from. It can only be raised: at once for those limits,
   * for the volume only where a server is new. With `local-path`, the host's disk is the only limit of a volume.
   */
  storage: quantity.default("50Gi"),
  /**
   * Of each server. Its buffers and workers follow from the limits. Requests like the limits make it the last pod to be
   * evicted. A change restarts PostgreSQL.
   */
  resources: demand.default({
    requests: { cpu: "2", memory: "8Gi" },
    limits: { cpu: "2", memory: "8Gi" },
  }),
  /**
   * Of the logins' passwords. Left out: the first ones. Another generation makes new ones, which the operator sets while
   * PostgreSQL runs, and restarts the pods that log in. MCP servers log in with one of two logins in turn, whose earlier
   * password stays valid until the generation after; a number higher by two ends both at once.
   */
  passwordGeneration: generation.optional(),
  /** Pooled client connections through PgBouncer; 0 leaves the pooler out. */
  poolerInstances: z.number().int().min(0).max(5).default(1),
  /** PgBouncer's. A change restarts the pooler. */
  poolerImage: image.default(images.pgbouncer),
});

/** Redis, one server with a login for each client, RDB and AOF, over TLS only. */
export const redisSettings = z.strictObject({
  /** Redis's. A change restarts it, on its volume. */
  image: image.default(images.redis),
  /** Redis's `maxmemory`; the container gets twice as much, which snapshots of a full cache may take. A change restarts Redis. */
  memory: quantity.default("4Gi"),
  /** Of its volume. A change needs [a step by hand](runbooks/upgrade.md#another-volume-size), or the update fails. */
  storage: quantity.default("10Gi"),
  /**
   * Of its logins' passwords. Left out: the first ones. The next generation makes new ones, and restarts Redis, then its
   * clients, whose earlier ones stay valid until the generation after. A number higher by two ends both at once.
   */
  passwordGeneration: generation.optional(),
});

/** Nginx, the only Service that is reachable from outside. */
export const nginxSettings = z.strictObject({
  /**
   * Nginx's, which needs the stream module with TLS. A change replaces its pods one by one, running calls finish; and the MCP
   * gateway's, which [reaches Redis by it](decisions/025-redis-over-tls-by-nginx.md).
   */
  image: image.default(images.nginx),
  /**
   * Names in the certificate and in `server_name`; the first is the canonical one. Browsers that were there ask each of them, and
   * every name below it, by HTTPS only, for a year (HSTS with `includeSubDomains`): below `example.com` that is all of a company's.
   */
  hostnames: list(hostname).min(1),
  /** Of one client address. A change replaces Nginx's pods one by one. */
  rateLimit: rateLimit.default({ perSecond: 50, burst: 200 }),
  /** The same for one known client, by its token, on the routes that ask for one; instead of its address's. */
  clientRateLimit: rateLimit.default({ perSecond: 2000, burst: 500 }),
});

export { mcpSettings } from "./mcp.ts";

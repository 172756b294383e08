import { allVendorTokens, type VendorServer } from "./vendorTokens.ts";

/** Somebody who reads secrets or environment variables. */
export interface Consumer {
  about: string;
  /** Whether it is part of the platform yet. What only unbuilt consumers use is not asked for, and may not be given. */
  built: boolean;
  /** What has to be done with it after one of its secrets was rotated, beyond the stacks' update. */
  afterRotation?: string;
}

/** MCP servers of others that need a token. */
const vendorServers = Object.fromEntries(
  allVendorTokens.map(([server, { title, built }]) => [
    `mcp/${server}`,
    { about: `MCP server: ${title}`, built: built ?? true },
  ]),
) as { [Server in VendorServer as `mcp/${Server}`]: Consumer };

/**
 * Who reads what is listed in `secrets.ts` and `variables/`. MCP servers bear the name of their catalog entry after
 * `mcp/`; a test compares them with the catalog.
 */
export const consumers = {
  fleet: { about: "Lambda Cloud's resources", built: true },
  cluster: {
    about: "hosts and K3s, over SSH",
    built: true,
    afterRotation:
      "hosts take the new key in one update, with the former as sshPreviousPrivateKey, and lose the former in the next",
  },
  nginx: { about: "the public ingress", built: true },
  images: { about: "pushing the platform's images", built: true },
  "mcp-kit": { about: "the frame of every MCP server that is written here", built: true },
  "mcp-check": { about: "the last step of an update, which asks every MCP server", built: true },
  "mcp/sophia_infrastructure": { about: "MCP server: hosts, nodes, pods, rented instances", built: true },
  gpu: { about: "NVIDIA's container runtime", built: true },
  "gpu-metrics": { about: "the GPUs' metrics, for Kubernetes's autoscalers", built: true },
  "host-exporter": { about: "the hosts' health, for Prometheus", built: true },
  backup: {
    about: "backups of PostgreSQL and Redis, where the section `backup` is there",
    built: true,
  },
  alertmanager: { about: "delivery of alerts", built: true },
  scan: { about: "the scan of the images, on a person's machine or in a workflow", built: true },
  delivery: { about: "the commands of the workflows, `delivery/cli.ts`", built: true },
  lab: { about: "the lab's commands, on a person's machine", built: true },
  tests: { about: "the tests, on a person's machine", built: true },

  estuary: {
    about: "the pipeline's captures and materializations",
    built: true,
    afterRotation: "Estuary keeps an encrypted copy: the update publishes its specifications again",
  },
  "pipeline-kit": { about: "what all jobs of the pipeline read", built: true },
  migrations: { about: "the pipeline's migrations", built: true },
  gong: { about: "the pipeline's Gong extractor", built: true },
  quality: { about: "the pipeline's quality checks", built: true },
  snowflake: { about: "the warehouse's roles, users and schemas", built: true },
  "mcp/sophia_ai_intelligence": { about: "MCP server: chat and embeddings", built: true },
  "mcp/sophia_business_intelligence": { about: "MCP server: deals, contacts, calls", built: true },
  "mcp/sophia_data_intelligence": { about: "MCP server: state of the pipeline", built: true },
  "mcp/lambda_labs_cli": { about: "MCP server: rent and return instances", built: true },
  ...vendorServers,
  "mcp/redis": { about: "MCP server: keys of Redis", built: true },
  "mcp/postgres": { about: "MCP server: SQL", built: true },
  "mcp/gong": { about: "MCP server: Gong", built: true },
} as const satisfies Record<string, Consumer>;
export type ConsumerName = keyof typeof consumers;

/** Whether anybody that is part of the platform is among them. */
export const anyBuilt = (names: readonly ConsumerName[]): boolean =>
  names.some((name) => consumers[name].built);

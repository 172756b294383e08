import { z } from "zod";

const host = z.object({
  name: z.string(),
  id: z.string(),
  address: z.string(),
  privateAddress: z.string(),
  hostname: z.string(),
  instanceType: z.string(),
  region: z.string(),
  hourlyUsd: z.number(),
  adopted: z.boolean(),
});

const endpoint = z.object({ host: z.string(), port: z.number() });

/**
 * The stack's outputs: exported by `index.ts`, which is checked against this schema by the compiler, and read by the lab
 * and the delivery commands.
 */
export const outputsSchema = z.object({
  /** Digests of the images that the stack builds, by name. Empty where it builds none. */
  repoDigests: z.record(z.string(), z.string().regex(/@sha256:[0-9a-f]{64}$/, "must end in a digest")),
  hosts: z.array(host),
  /** Lines as in OpenSSH's `known_hosts`. */
  knownHosts: z.array(z.string()),
  /** Addresses of the ingress hosts. */
  ingress: z.array(z.string()),
  /** US dollars a month; null where a price is not known. */
  monthlyEstimate: z.object({
    items: z.array(z.object({ resource: z.string(), monthlyUsd: z.number().nullable(), basis: z.string() })),
    monthlyUsd: z.number().nullable(),
  }),
  /** Secret. */
  kubeconfig: z.string().min(1),
  nodes: z.array(z.string()),
  /** Addresses inside the cluster. */
  services: z.object({
    postgres: endpoint.extend({ pooledHost: z.string(), databases: z.array(z.string()).readonly() }),
    redis: endpoint,
  }),
  pipelineParts: z.array(z.string()).readonly(),
  pipelineStreams: z.array(z.string()).readonly(),
  /** Public URL of Nginx, `https://<name>`. */
  url: z.url(),
  /** Every MCP server of the catalog. Those that are disabled, and those that only the gateway reaches, have no URL. */
  mcp: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      enabled: z.boolean(),
      reason: z.string().optional(),
      federated: z.boolean(),
      revisions: z.array(z.string()).readonly(),
      /** Tools that the gateway offers of it. Left out: all. */
      toolAllow: z.array(z.string()).readonly().optional(),
      url: z.url().optional(),
    }),
  ),
  mcpGateway: z.url(),
  /** Whose tokens the gateway accepts: the stack's clients', or an identity provider's. */
  mcpGatewayAuth: z.enum(["clients", "oidc"]),
  /** Tokens by client; secret. */
  mcpClients: z.record(z.string(), z.string()),
  /** Configuration files of MCP clients, by client; secret. */
  mcpConfig: z.record(z.string(), z.record(z.string(), z.unknown())),
});
export type StackOutputs = z.infer<typeof outputsSchema>;

/**
 * The outputs that a reader needs.
 *
 * @param schema `outputsSchema.pick(…)`
 * @param given Outputs as the Pulumi CLI prints them.
 * @throws with the paths that are missing or malformed
 */
export function parseOutputs<T>(stack: string, schema: z.ZodType<T>, given: Record<string, unknown>): T {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new Error(
    `the outputs of stack ${stack} are not those of this program (${faults.join("; ")}): update the stack first`,
  );
}

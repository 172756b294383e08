import { z } from "zod";

/** With dashes for underscores it names Kubernetes objects: at most 63 characters, the last a letter or digit. */
const slug = z
  .string()
  .max(63)
  .regex(
    /^[a-z]([a-z0-9_]*[a-z0-9])?$/,
    "lower-case letters, digits and underscores, beginning with a letter and not ending with an underscore",
  );

/**
 * One MCP server. Adding a server to the platform is adding one of these; what secrets and variables it reads is in
 * `components/settings/environment`.
 */
export const catalogEntry = z.strictObject({
  /** The server's name towards clients and its path below `/mcp/`. A change is a new server. */
  name: slug,
  /** One sentence for people who choose servers. */
  description: z.string().min(10).max(200),
  /** `container` serves streamable HTTP itself. */
  kind: z.literal("container"),
  /** Program in the image of our own servers. */
  entry: z.string().startsWith("/app/mcp/servers/"),
  port: z.number().int().min(1024).max(65535).default(8080),
  /** Path of the MCP endpoint. */
  path: z.string().startsWith("/").default("/mcp"),
  health: z
    .strictObject({ live: z.string().startsWith("/"), ready: z.string().startsWith("/") })
    .default({ live: "/healthz", ready: "/readyz" }),
  replicas: z.number().int().min(1).max(10).default(1),
  /** Time slices of a GPU that each replica takes; 0 runs it without. A change restarts the server. */
  gpuSlices: z.number().int().min(0).max(4).default(0),
  /** What the server may read of Kubernetes. */
  kubernetes: z.strictObject({ resources: z.array(z.enum(["nodes", "pods"])).min(1) }).optional(),
  /** Other services it calls, beyond DNS. */
  egress: z.array(z.enum(["lambda"])).default([]),
});
export type CatalogEntry = z.infer<typeof catalogEntry>;

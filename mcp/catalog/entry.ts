import { z } from "zod";
import { mcpCheck, mcpGateway } from "../../components/network/names.ts";
import { demand } from "../../components/settings/sections/quantities.ts";
import { reachedAt } from "./reach.ts";

const gateway = mcpGateway["app.kubernetes.io/name"];
/** Taken, with dashes. */
const reserved: readonly string[] = [
  // A path of the gateway.
  "status",
  // Children of the platform's component.
  "gateway",
  "check",
  // Their objects.
  gateway,
  `${gateway}-spread`,
  mcpCheck["app.kubernetes.io/name"],
  // The account of every namespace.
  "default",
];

/** With dashes for underscores it names Kubernetes objects: at most 63 characters, the last a letter or digit. */
const slug = z
  .string()
  .max(63)
  .regex(
    /^[a-z]([a-z0-9_]*[a-z0-9])?$/,
    "lower-case letters, digits and underscores, beginning with a letter and not ending with an underscore",
  )
  .refine((name) => !reserved.includes(name.replaceAll("_", "-")), "this name is the platform's own");

const path = z.string().regex(/^\/[A-Za-z0-9/_.-]*$/, "a path that begins with /");
const exact = z.string().regex(/^v?[0-9]+\.[0-9]+\.[0-9]+([-.+][0-9A-Za-z.-]+)?$/, "an exact version");

/** Revisions of the protocol: with sessions, and without. */
const revisions = ["2025-11-25", "2026-07-28"] as const;

/** Parts of the platform that a server may call, by name; `internet` is every public address at 80 and 443. */
const places = ["lambda", "postgres", "redis", "inference", "gong", "internet"] as const;

const egress = z
  .string()
  .refine(
    (to) => places.some((place) => place === to) || /^([a-z0-9-]+\.)+[a-z]{2,}:[0-9]{1,5}$/.test(to),
    `one of ${places.join(", ")}, or a vendor's host with its port like api.example.com:443`,
  );

/** Fields of all entries. */
const common = {
  /** Name for clients, and the path below `/mcp/`. A change creates a new server. */
  name: slug,
  /** One sentence for people who choose servers; the official registry allows 100 characters. */
  description: z.string().min(10).max(100),
  /** Revisions that it supports at its own path. Default: both. */
  revisions: z
    .array(z.enum(revisions))
    .min(1)
    .default([...revisions]),
  /** Keeps a client's state in its session. The gateway cannot serve it, as that opens a session for each call. */
  sessionful: z.boolean().default(false),
  /** Why the gateway does not offer it; it then has its own path only. Default: the gateway offers it. */
  notFederated: z.string().min(10).optional(),
  /**
   * Seconds that the gateway waits for a response of the server. Default: 30. Its tools must need less. While the server
   * hangs and the gateway has not marked it unhealthy yet, a call to any other server may wait as long.
   */
  timeout: z.number().int().min(5).max(600).default(30),
  /** Tools that the gateway offers. Default: all. The server's own path offers all. */
  toolAllow: z.array(z.string().min(1)).min(1).optional(),
  /** Why it cannot run. It is then never enabled, and naming it in `mcp.enabled` is refused with this reason. */
  unavailable: z.string().min(20).optional(),
  /** What of this entry is taken from documentation, because no test can run its program or call its vendor. Default: nothing. */
  unproven: z.string().min(20).optional(),
};

/** Fields of entries that run in the cluster. */
const deployed = {
  /** Origin of the program, by exact version; `own` is in this repository. */
  source: z.strictObject({
    registry: z.enum(["own", "npm", "pypi", "oci"]),
    name: z.string().min(1),
    version: exact,
  }),
  /** The network policies of the namespace allow this port only. */
  port: z
    .literal(8080, { error: "8080: the namespace's network policies allow no other port" })
    .default(8080),
  /** Path of the MCP endpoint. */
  path: path.default("/mcp"),
  /**
   * Paths that the kubelet probes. `tcp` where a vendor's image has none that works without a token: when it hangs, the gateway
   * leaves it out and an alert fires, but nothing restarts it. `program` where a program of `mcp/vendor` has no health path:
   * a second process in its container opens a session, or lists its tools where it knows none.
   */
  health: z
    .union([z.enum(["tcp", "program"]), z.strictObject({ live: path, ready: path })])
    .default({ live: "/healthz", ready: "/readyz" }),
  /** More than one requires a server without state between calls. `max` above `min` scales by CPU, or by the GPU where it has a slice. */
  replicas: z
    .strictObject({ min: z.number().int().min(1).max(10), max: z.number().int().min(1).max(10) })
    .refine(({ min, max }) => min <= max, "min is above max")
    .default({ min: 1, max: 1 }),
  /** Time slices of a GPU for each replica; 0 runs it without a GPU. A change restarts the server. */
  gpuSlices: z
    .number()
    .refine(Number.isInteger, {
      error: ({ input }) =>
        `${input}: Kubernetes has no fractions of a GPU. Each GPU is offered as 4 time slices, so write a quarter as 1`,
    })
    .refine((slices) => slices >= 0 && slices <= 1, "0 or 1: more slices of one GPU give no more of its time")
    .default(0),
  /** Kubernetes resources that the server may read. */
  kubernetes: z.strictObject({ resources: z.array(z.enum(["nodes", "pods"])).min(1) }).optional(),
  /**
   * Destinations that it calls, besides DNS. Its network policy allows no other part of the platform; a vendor's host allows
   * that port of the whole internet, as policies match addresses, not names.
   */
  egress: z.array(egress).default([]),
  /** Plain environment variables of a third-party server. */
  environment: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).default({}),
  /** A persistent volume at this path. The old pod then stops before the new one starts. */
  volume: z.strictObject({ path, size: z.string().regex(/^[1-9][0-9]*(Mi|Gi)$/) }).optional(),
  /** Default: `mcp.resources` of the stack. `mcp.servers.<name>.resources` takes precedence over both. A change rolls it. */
  resources: demand.optional(),
  /** MiB of the pod's working set after `tools/list`, as measured in the lab; shown in the table of servers. */
  memory: z.number().int().positive(),
};

/** Serves streamable HTTP itself. */
const container = z.strictObject({
  ...common,
  ...deployed,
  kind: z.literal("container"),
  /** Default: the image of our own servers. */
  image: z.string().includes(":").optional(),
  /** Default: the command of the image. */
  command: z.array(z.string().min(1)).min(1).optional(),
  args: z.array(z.string()).default([]),
  /** Header with a secret that the gateway adds, for servers that require a token with each request. */
  credential: z.strictObject({ header: z.string().min(1), variable: z.string().min(1) }).optional(),
});

/** A stdio program: a bridge serves HTTP for it, with one child process for all clients. */
const stdio = z.strictObject({
  ...common,
  ...deployed,
  kind: z.literal("stdio"),
  command: z.array(z.string().min(1)).min(1),
  health: z.strictObject({ live: path, ready: path }).default({ live: "/ping", ready: "/ping" }),
});

/** Hosted by its vendor; reached only through the gateway, which adds the vendor's token. */
const remote = z.strictObject({
  ...common,
  kind: z.literal("remote"),
  /** Endpoint. Default: `mcp.servers.<name>.url`, where each account has its own. */
  url: z.url({ protocol: /^https$/ }).optional(),
  /** Header with the token, as `Bearer <secret>`. */
  credential: z.strictObject({ header: z.string().min(1), variable: z.string().min(1) }),
});

/**
 * One MCP server. Adding one that reads no secret is adding one of these. One with a token also takes a line in
 * `components/settings/environment/vendorTokens.ts` (which variable it reads it from) and one in `secrets.ts` (where it comes
 * from, when it is due); what else there is to say of it, in ESC and in documents, `make documents` writes.
 *
 * No fields, because they follow from others: the transport (`kind`; clients always see streamable HTTP), the secrets
 * (`secretsOf`, from the one list of environment variables), and the deep probe (`mcp/check` lists the tools of every
 * server in each of its `revisions`).
 */
export const catalogEntry = z
  .discriminatedUnion("kind", [container, stdio, remote])
  .refine((entry) => entry.unavailable !== undefined || reachedAt(entry).length > 0, {
    error: "it would be unreachable: the gateway does not offer it, and only the gateway has its token",
  })
  .superRefine((entry, context) => {
    const reason = entry.kind !== "remote" && entry.replicas.max > 1 && oneReplica(entry);
    if (reason)
      context.addIssue({ code: "custom", path: ["replicas"], message: `at most 1 replica: ${reason}` });
  });
export type CatalogEntry = z.infer<typeof catalogEntry>;
/** An entry as it is written: without what has a default. */
export type CatalogInput = z.input<typeof catalogEntry>;
/** Entries that run in the cluster. */
export type DeployedEntry = Extract<CatalogEntry, { kind: "container" | "stdio" }>;

/** Whether an entry runs in the cluster. */
export const isDeployed = (entry: CatalogEntry): entry is DeployedEntry => entry.kind !== "remote";

/** Why a server may have one replica only; undefined where it may have more. Pure. */
export function oneReplica({
  kind,
  sessionful,
  volume,
}: {
  kind: "container" | "stdio";
  sessionful: boolean;
  volume?: object | undefined;
}): string | undefined {
  if (kind === "stdio") return "the sessions of a bridged server live in its bridge";
  if (sessionful)
    return "it keeps a client's state in its session, and the next request must reach the same one";
  if (volume) return "a volume belongs to one replica";
  return undefined;
}

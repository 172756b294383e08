import { z } from "zod";
import { demand } from "../../components/settings/mcp.ts";
import { reachedAt } from "./reach.ts";

/** With dashes for underscores it names Kubernetes objects: at most 63 characters, the last a letter or digit. */
const slug = z
  .string()
  .max(63)
  .regex(
    /^[a-z]([a-z0-9_]*[a-z0-9])?$/,
    "lower-case letters, digits and underscores, beginning with a letter and not ending with an underscore",
  )
  // The gateway's own paths and objects.
  .refine((name) => !["status", "gateway", "check"].includes(name), "this name is the gateway's own");

const path = z.string().regex(/^\/[A-Za-z0-9/_.-]*$/, "a path that begins with /");
const exact = z.string().regex(/^v?[0-9]+\.[0-9]+\.[0-9]+([-.+][0-9A-Za-z.-]+)?$/, "an exact version");

/** Revisions of the protocol that a server can speak: with sessions, and without. */
export const revisions = ["2025-11-25", "2026-07-28"] as const;

/** Parts of the platform that a server may call, by name; `internet` is all of it at 80 and 443. */
export const places = ["lambda", "postgres", "redis", "inference", "gong", "internet"] as const;
export type Place = (typeof places)[number];

const egress = z
  .string()
  .refine(
    (to) => places.some((place) => place === to) || /^([a-z0-9-]+\.)+[a-z]{2,}:[0-9]{1,5}$/.test(to),
    `one of ${places.join(", ")}, or a vendor's host with its port like api.example.com:443`,
  );

/** What all entries have. */
const common = {
  /** The server's name towards clients and its path below `/mcp/`. A change is a new server. */
  name: slug,
  /** One sentence for people who choose servers; the official registry allows 100 characters. */
  description: z.string().min(10).max(100),
  /** Revisions that it speaks to a client who comes directly. Default both. */
  revisions: z
    .array(z.enum(revisions))
    .min(1)
    .default([...revisions]),
  /** Keeps a client's state in its session, so that the gateway, which opens a session a call, cannot serve it. */
  sessionful: z.boolean().default(false),
  /** Why the gateway leaves it out, where it does; it then has its own path only. */
  notFederated: z.string().min(10).optional(),
  /**
   * Seconds that the gateway waits for an answer of it. Default 30. Its tools must need less. It is the price of others
   * too: while the server hangs, and the gateway has not marked it yet, a call to any server may wait as long.
   */
  timeout: z.number().int().min(5).max(600).default(30),
  /** Tools that the gateway offers; left out: all. Its own path offers all. */
  toolAllow: z.array(z.string().min(1)).min(1).optional(),
  /** Why it cannot be run as it is. Then it is never enabled, and asking for it is refused with this. */
  unavailable: z.string().min(20).optional(),
};

/** What entries have that run in the cluster. */
const deployed = {
  /** Where the program comes from, by exact version; `own` is written here. */
  source: z.strictObject({
    registry: z.enum(["own", "npm", "pypi", "oci"]),
    name: z.string().min(1),
    version: exact,
  }),
  /** The walls around the namespace open this port and no other. */
  port: z.literal(8080, { error: "8080: the namespace's walls open no other port" }).default(8080),
  /** Path of the MCP endpoint. */
  path: path.default("/mcp"),
  /**
   * What the kubelet asks. `tcp` where the server answers nothing without a token: one that hangs is left out by the gateway
   * then, and an alert tells of it, but nobody starts it anew. `program` where a program of `mcp/vendor` has no health path:
   * a watcher in its process opens a session.
   */
  health: z
    .union([z.enum(["tcp", "program"]), z.strictObject({ live: path, ready: path })])
    .default({ live: "/healthz", ready: "/readyz" }),
  /** More than one needs a server that keeps nothing between calls. `max` above `min` scales by CPU, or by the GPU where it has a slice. */
  replicas: z
    .strictObject({ min: z.number().int().min(1).max(10), max: z.number().int().min(1).max(10) })
    .refine(({ min, max }) => min <= max, "min is above max")
    .default({ min: 1, max: 1 }),
  /** Time slices of a GPU that each replica takes; 0 runs it without. A change restarts the server. */
  gpuSlices: z
    .number()
    .refine(Number.isInteger, {
      error: ({ input }) =>
        `${input}: Kubernetes has no part of a GPU. Each GPU is offered as 4 time slices, so a quarter is written as 1`,
    })
    .refine((slices) => slices >= 0 && slices <= 1, "0 or 1: more slices of one GPU give no more of it")
    .default(0),
  /** What the server may read of Kubernetes. */
  kubernetes: z.strictObject({ resources: z.array(z.enum(["nodes", "pods"])).min(1) }).optional(),
  /**
   * What it calls, beyond DNS. A network policy lets it out to no other part of the platform; a vendor's host opens that
   * port of the whole internet, as policies know addresses and not names.
   */
  egress: z.array(egress).default([]),
  /** Plain environment variables of a server of others. */
  environment: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).default({}),
  /** A volume that outlives the pod, at this path. The server then stops before its successor starts. */
  volume: z.strictObject({ path, size: z.string().regex(/^[1-9][0-9]*(Mi|Gi)$/) }).optional(),
  /** Left out: `mcp.resources` of the stack. `mcp.servers.<name>.resources` comes before both. A change rolls it. */
  resources: demand.optional(),
  /** MiB of the pod's working set after `tools/list`, as seen in the lab; for the table of servers. */
  memory: z.number().int().positive(),
};

/** Serves streamable HTTP itself. */
const container = z.strictObject({
  ...common,
  ...deployed,
  kind: z.literal("container"),
  /** Left out: the image of our own servers. */
  image: z.string().includes(":").optional(),
  /** Left out: what the image starts. */
  command: z.array(z.string().min(1)).min(1).optional(),
  args: z.array(z.string()).default([]),
  /** Header with a secret that the gateway adds, for servers that want a token with each request. */
  credential: z.strictObject({ header: z.string().min(1), variable: z.string().min(1) }).optional(),
});

/** Speaks over standard input and output: a bridge in front of it serves HTTP, with one child for all clients. */
const stdio = z.strictObject({
  ...common,
  ...deployed,
  kind: z.literal("stdio"),
  command: z.array(z.string().min(1)).min(1),
  health: z.strictObject({ live: path, ready: path }).default({ live: "/ping", ready: "/ping" }),
});

/** Runs at its vendor's; only the gateway leads there, and adds what the vendor wants for a login. */
const remote = z.strictObject({
  ...common,
  kind: z.literal("remote"),
  /** Endpoint; left out where it is the account's own, and comes from `mcp.servers.<name>.url`. */
  url: z.url({ protocol: /^https$/ }).optional(),
  /** Header with the token, as `Bearer <secret>`. */
  credential: z.strictObject({ header: z.string().min(1), variable: z.string().min(1) }),
});

/**
 * One MCP server. Adding one that reads no secret is adding one of these. One with a token also takes a line in
 * `components/settings/environment/vendorTokens.ts` (which variable it reads it from) and one in `secrets.ts` (where it comes
 * from, when it is due); what else there is to say of it, in ESC and in documents, `make documents` writes.
 */
export const catalogEntry = z
  .discriminatedUnion("kind", [container, stdio, remote])
  .refine((entry) => !entry.sessionful || entry.kind === "remote" || entry.replicas.max === 1, {
    path: ["replicas"],
    error: "a sessionful server has one replica: the next request must reach the same one",
  })
  .refine((entry) => entry.unavailable !== undefined || reachedAt(entry).length > 0, {
    error: "nothing leads to it: the gateway leaves it out, and only the gateway knows its token",
  })
  .refine((entry) => entry.kind !== "stdio" || entry.replicas.max === 1, {
    path: ["replicas"],
    error: "a bridged server has one replica: its sessions live in the bridge",
  })
  .refine((entry) => entry.kind === "remote" || !entry.volume || entry.replicas.max === 1, {
    path: ["replicas"],
    error: "a volume belongs to one replica",
  });
export type CatalogEntry = z.infer<typeof catalogEntry>;
/** An entry as it is written: without what has a default. */
export type CatalogInput = z.input<typeof catalogEntry>;
/** Entries that run in the cluster. */
export type DeployedEntry = Extract<CatalogEntry, { kind: "container" | "stdio" }>;
export type RemoteEntry = Extract<CatalogEntry, { kind: "remote" }>;

export const isDeployed = (entry: CatalogEntry): entry is DeployedEntry => entry.kind !== "remote";

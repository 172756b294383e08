import { isIPv4 } from "node:net";
import { z } from "zod";
import { images } from "../../core/versions.ts";
import { image, list, name } from "./formats.ts";
import { demand } from "./quantities.ts";

const server = z.string().regex(/^[a-z][a-z0-9_]*$/, "the name of a server, like sophia_infrastructure");
const replicas = z
  .strictObject({
    /** Replicas that always run, 1 to 20. A change restarts no pod. */
    min: z.number().int().min(1).max(20),
    /** Replicas at most, 1 to 20. Without `autoscaling` it has no effect. */
    max: z.number().int().min(1).max(20),
  })
  .refine(({ min, max }) => min <= max, "min is above max");

/** MCP servers and their gateway. */
export const mcpSettings = z.strictObject({
  /** Our own servers and the packages of others. A change rolls the servers. */
  image: image.default(images.mcpServers),
  /** Of each server that neither `servers` nor the catalog says anything else of. A change rolls it. */
  resources: demand.default({
    requests: { cpu: "200m", memory: "512Mi" },
    limits: { cpu: "1000m", memory: "2Gi" },
  }),
  /** Servers that run. Left out: all of the catalog whose secrets are there. One that goes is removed. */
  enabled: list(server).optional(),
  /** Servers that do not run, whatever else says so. */
  disabled: list(server).default([]),
  /** What is different of a server, by its name. A change rolls it. */
  servers: z
    .record(
      server,
      z.strictObject({
        /** Endpoint of a server that runs at its vendor's, where that is the account's own; refused for others. */
        url: z.url({ protocol: /^https$/ }).optional(),
        /** Environment variables that it reads, and that are no secrets. */
        variables: z.record(z.string(), z.string()).optional(),
        resources: demand.optional(),
        /** Of a server that runs in an image of its makers, refused for others; production wants it by digest. */
        image: image.optional(),
        /** More than one is refused for a server that keeps state: with sessions, a bridge, or a volume. */
        replicas: replicas.optional(),
      }),
    )
    .default({}),
  /** Whether servers and gateway get more replicas when their CPU is busy; else they have their least. */
  autoscaling: z.boolean().default(true),
  /** Runtime class of servers with a GPU slice. */
  runtimeClass: name.default("nvidia"),
  /** Who may call: a name, and the generation of its token. Another generation makes another token. */
  clients: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, "lower-case letters, digits and dashes"),
      z.number().int().positive(),
    )
    .refine((clients) => Object.keys(clients).length > 0, "no client may call; name one")
    .default({ cursor: 1, vscode: 1, generic: 1, check: 1 }),
  /** One endpoint for the servers, except those whose catalog entry leaves them out (`playwright`). */
  gateway: z
    .strictObject({
      /** ToolHive's vMCP. A change rolls it, which cuts calls at `/mcp` that take more than 10 s. */
      image: image.default(images.mcpGateway),
      /** More than the least at 70 % of its CPU. */
      replicas: replicas.default({ min: 2, max: 10 }),
      /** It reads up to 100 MB of each answer of a server: the limit is for one that floods, with dozens of calls waiting. */
      resources: demand.default({
        requests: { cpu: "200m", memory: "256Mi" },
        limits: { cpu: "1000m", memory: "2Gi" },
      }),
      /** Accepts the tokens of an identity provider at `/mcp` instead of those of `clients`. */
      oidc: z
        .strictObject({
          /** URL of the provider, as its tokens name it; its keys come from OpenID discovery there. A change rolls the gateway. */
          issuer: z.url({ protocol: /^https$/ }),
          /** Id of the platform at the provider. A change rolls the gateway. */
          clientId: z.string().min(1),
          /** What a token must be meant for. */
          audience: z.string().min(1),
          /** PEM of the authority that signed the issuer's certificate. Left out: the public ones. A change rolls the gateway. */
          authority: z.string().includes("BEGIN CERTIFICATE").optional(),
          /** The issuer may have a private address, as in the lab. Off: the gateway refuses one, also behind a name. */
          privateAddress: z.boolean().default(false),
        })
        .refine(({ issuer, privateAddress }) => !privateAddress || isIPv4(new URL(issuer).hostname), {
          path: ["privateAddress"],
          message: "needs an issuer by its IPv4 address: network policies know no names",
        })
        .optional(),
    })
    .prefault({}),
});

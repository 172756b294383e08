import { z } from "zod";
import type { ConsumerName } from "../consumers.ts";
import type { AnySecretName } from "../secrets.ts";
import { gpuVariables } from "./gpu.ts";
import { peopleVariables } from "./people.ts";
import { pipelineVariables } from "./pipeline.ts";
import { serverVariables } from "./server.ts";
import type { Variable } from "./variable.ts";
import { vendorVariables } from "./vendor.ts";

const text = z.string().min(1);

/** Every environment variable, by name. */
export const variables = {
  PORT: {
    about: "Port of the HTTP listener; 0 picks a free one.",
    usedBy: ["mcp-kit", "quality", "gpu-metrics", "host-exporter"],
    schema: z.coerce.number().int().min(0).max(65535).default(8080),
    setBy: "program",
    standard: "the twelve-factor app",
  },
  SOPHIA_MCP_TOKENS_FILE: {
    about:
      "File with the bearer tokens that may call, one a line. Left out: whoever reaches the port may call. In the cluster nobody sets it, as Nginx asks for the token; it is for a server that is run by itself.",
    usedBy: ["mcp-kit"],
    schema: text.optional(),
    setBy: "default",
  },
  SOPHIA_MCP_MAX_BODY: {
    about: "Largest request body in bytes.",
    usedBy: ["mcp-kit"],
    schema: z.coerce.number().int().positive().default(1_048_576),
    setBy: "default",
  },
  SOPHIA_MCP_SHUTDOWN_GRACE: {
    about:
      "Seconds that running calls may take to finish after SIGTERM; the server ends with the last one. In the cluster as long as the gateway waits for a call.",
    usedBy: ["mcp-kit"],
    schema: z.coerce.number().positive().default(20),
    setBy: "program",
  },
  SOPHIA_HOSTS_FILE: {
    about: "JSON file with the stack's hosts.",
    usedBy: ["mcp/sophia_infrastructure", "mcp/lambda_labs_cli", "host-exporter"],
    schema: text,
    setBy: "program",
  },
  SOPHIA_NODE_NAME: {
    about: "Name of the node that the pod runs on.",
    usedBy: ["host-exporter"],
    schema: text,
    setBy: "kubernetes",
  },
  ...gpuVariables,
  SOPHIA_CHECK_PLAN: {
    about: "JSON: which servers the last step of an update asks, where, and for how long.",
    usedBy: ["mcp-check"],
    schema: text,
    setBy: "program",
  },
  SOPHIA_CHECK_TOKEN_FILE: {
    about: "File with the token of the client as which it asks.",
    usedBy: ["mcp-check"],
    schema: text,
    setBy: "program",
  },
  SOPHIA_KUBERNETES_CREDENTIALS: {
    about: "Folder with the service account's token and CA.",
    usedBy: ["mcp/sophia_infrastructure", "gpu-metrics"],
    schema: z.string().default("/var/run/secrets/kubernetes.io/serviceaccount"),
    setBy: "default",
  },
  KUBERNETES_SERVICE_HOST: {
    about: "Address of Kubernetes's API.",
    usedBy: ["mcp/sophia_infrastructure", "gpu-metrics"],
    schema: text,
    setBy: "kubernetes",
    standard: "Kubernetes",
  },
  KUBERNETES_SERVICE_PORT: {
    about: "Port of Kubernetes's API.",
    usedBy: ["mcp/sophia_infrastructure", "gpu-metrics"],
    schema: z.coerce.number().int(),
    setBy: "kubernetes",
    standard: "Kubernetes",
  },
  SOPHIA_LAMBDA_API_URL: {
    about: "Base URL of the Lambda Cloud API.",
    usedBy: ["mcp/sophia_infrastructure", "mcp/lambda_labs_cli"],
    schema: z.url(),
    setBy: "program",
  },
  SOPHIA_LAMBDA_API_KEY_FILE: {
    about: "File with the API key.",
    usedBy: ["mcp/sophia_infrastructure", "mcp/lambda_labs_cli"],
    schema: text,
    setBy: "program",
    secret: "lambdaApiKey",
  },
  SOPHIA_LAMBDA_REQUESTS_PER_SECOND: {
    about: "Share of the account's requests; Lambda allows one a second for everyone.",
    usedBy: ["mcp/sophia_infrastructure", "mcp/lambda_labs_cli"],
    schema: z.coerce.number().positive().default(0.5),
    setBy: "default",
  },
  ...peopleVariables,
  SOPHIA_INFERENCE_API_KEY_FILE: {
    about: "File with the API key.",
    usedBy: ["mcp/sophia_ai_intelligence"],
    schema: text,
    setBy: "program",
    secret: "lambdaInferenceApiKey",
  },
  SOPHIA_GONG_ACCESS_KEY_FILE: {
    about: "File with the access key.",
    usedBy: ["gong", "mcp/gong"],
    schema: text,
    setBy: "program",
    secret: "gongAccessKey",
  },
  SOPHIA_GONG_ACCESS_KEY_SECRET_FILE: {
    about: "File with its secret.",
    usedBy: ["gong", "mcp/gong"],
    schema: text,
    setBy: "program",
    secret: "gongAccessKeySecret",
  },
  ...serverVariables,
  ...vendorVariables,
  ...pipelineVariables,
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof variables;
type NamesFor<Consumer extends ConsumerName> = {
  [Name in VariableName]: Consumer extends (typeof variables)[Name]["usedBy"][number] ? Name : never;
}[VariableName];
type ShapeFor<Consumer extends ConsumerName> = {
  [Name in NamesFor<Consumer>]: (typeof variables)[Name]["schema"];
};

const all: [string, Variable][] = Object.entries(variables);

/** All variables, by name. */
export const variablesFor = (consumer: string): [string, Variable][] =>
  all.filter(([, { usedBy }]) => usedBy.some((name) => name === consumer));

/** What a service demands of its environment. */
export function environmentSchema<Consumer extends ConsumerName>(
  consumer: Consumer,
): z.ZodObject<ShapeFor<Consumer>> {
  const shape = Object.fromEntries(variablesFor(consumer).map(([name, { schema }]) => [name, schema]));
  return z.object(shape as unknown as ShapeFor<Consumer>);
}

/** Secrets mounted for a service, by the variable that names the file. */
export const secretFilesFor = (consumer: string): Record<string, AnySecretName> =>
  Object.fromEntries(
    variablesFor(consumer).flatMap(([name, { secret }]) =>
      secret && name.endsWith("_FILE") ? [[name, secret]] : [],
    ),
  );

import { z } from "zod";
import { targetsSchema } from "./mcp/targets.ts";

const port = z.coerce.number().int().min(0).max(65535);
const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue("is not JSON");
    return z.NEVER;
  }
});

// components/settings/environment/variables/index.ts has the same: an image's programs can import nothing from outside of it.

/** What the exporter of the hosts' health reads. */
export const exporterEnvironment = z.object({
  /** JSON file with the stack's hosts; read for every scrape, so that a change needs no restart. */
  SOPHIA_HOSTS_FILE: z.string().min(1),
  /** Kubernetes's name for the host that it runs on. */
  SOPHIA_NODE_NAME: z.string().min(1),
  PORT: port.default(8080),
});

/** What the GPUs' metrics API reads. */
export const gpuEnvironment = z.object({
  /** URL of the exporters; behind its name is an address for each. */
  SOPHIA_GPU_EXPORTERS: z.url(),
  /** Folder with `tls.crt` and `tls.key`. */
  SOPHIA_TLS_FOLDER: z.string().min(1),
  SOPHIA_API_PORT: port.default(8443),
  PORT: port.default(8080),
  /** JSON: whom to ask about the MCP servers. Left out: there is no `/metrics`. */
  SOPHIA_MCP_TARGETS: json.pipe(targetsSchema).optional(),
  KUBERNETES_SERVICE_HOST: z.string().min(1),
  KUBERNETES_SERVICE_PORT: z.coerce.number().int(),
  /** Folder with `token` and `ca.crt`. */
  SOPHIA_KUBERNETES_CREDENTIALS: z.string().default("/var/run/secrets/kubernetes.io/serviceaccount"),
});

/** Reads it; where it cannot be used, names all that is wrong, and the program ends with 78 (EX_CONFIG). */
export function readEnvironment<S extends z.ZodObject>(program: string, schema: S): z.infer<S> | undefined {
  const set = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ""));
  const result = schema.safeParse(set, {
    error: ({ input, path: [name] = [] }) => {
      // A number that is not set is read as NaN, too.
      if (input === undefined || (Number.isNaN(input) && set[String(name)] === undefined))
        return "is not set";
      return Number.isNaN(input) ? "is not a number" : undefined;
    },
  });
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path, message }) => `  ${path.join(".")}: ${message}`);
  process.stderr.write(`${program} cannot start, its environment is incomplete:\n${lines.join("\n")}\n`);
  process.exitCode = 78;
  return undefined;
}

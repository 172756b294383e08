import { readFileSync } from "node:fs";
import { request } from "node:https";
import { z } from "zod";
import { messageOf } from "../../../components/core/errors.ts";
import { ToolError } from "../kit/tool.ts";

/** The little of Kubernetes's API that the tools read. */
export interface Kubernetes {
  nodes(): Promise<KubernetesObject[]>;
  pods(namespace?: string): Promise<KubernetesObject[]>;
}

export interface KubernetesObject {
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; creationTimestamp?: string };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

export interface InCluster {
  /** Where the API server is, e.g. `https://10.43.0.1:443`. */
  url: string;
  /** Folder with `token` and `ca.crt`, as mounted for a service account. Read at each call: the token rotates. */
  credentials: string;
  /** Seconds for one request. Default 10. */
  timeout?: number;
}

/** A client that uses the pod's service account. */
export function inCluster(api: InCluster): Kubernetes {
  const all = async (path: string): Promise<KubernetesObject[]> => {
    const items: KubernetesObject[] = [];
    let after = "";
    do {
      const next = after ? `&continue=${encodeURIComponent(after)}` : "";
      const body = await get(new URL(`${path}?limit=500${next}`, api.url), api);
      items.push(...body.items);
      after = body.metadata?.continue ?? "";
    } while (after);
    return items;
  };
  return {
    nodes: () => all("/api/v1/nodes"),
    pods: (namespace) =>
      all(namespace ? `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods` : "/api/v1/pods"),
  };
}

const list = z.object({
  items: z.array(
    z.custom<KubernetesObject>((item) => z.object({ metadata: z.object({}) }).safeParse(item).success),
  ),
  metadata: z.object({ continue: z.string().optional() }).optional(),
});

/** What to do about a refusal, by status. */
const advice: Record<number, string> = {
  401: "The service account's token is not accepted: restart the pod to get a fresh one.",
  403: "The service account lacks the right: grant it in the server's catalog entry under `kubernetes.resources`.",
  410: "The list changed while it was read: try again.",
};

async function get(url: URL, { credentials, timeout = 10 }: InCluster): Promise<z.infer<typeof list>> {
  const fail = (what: string, status = 0, options?: ErrorOptions) =>
    new ToolError(
      `Kubernetes did not answer GET ${url.pathname}: ${what}`,
      advice[status] ?? "Check the API server.",
      options,
    );
  try {
    const { status, text } = await send(url, credentials, AbortSignal.timeout(timeout * 1000));
    if (status !== 200) throw fail(`status ${status}`, status);
    return list.parse(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof ToolError) throw cause;
    if (cause instanceof SyntaxError || cause instanceof z.ZodError) throw fail("not a list", 0, { cause });
    const late = cause instanceof Error && cause.name === "TimeoutError";
    throw fail(late ? `no answer within ${timeout} s` : messageOf(cause), 0, { cause });
  }
}

/** The deadline holds for the whole answer, so that a server that trickles cannot hold a call. */
function send(url: URL, credentials: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const token = readFileSync(`${credentials}/token`, "utf8").trim();
    const ca = readFileSync(`${credentials}/ca.crt`);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    const call = request(url, { ca, headers: { authorization: `Bearer ${token}` }, signal }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    call.on("error", reject);
    call.end();
  });
}

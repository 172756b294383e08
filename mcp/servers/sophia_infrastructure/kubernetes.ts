import { readFileSync } from "node:fs";
import { request } from "node:https";
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
}

/** A client that uses the pod's service account. */
export function inCluster({ url, credentials }: InCluster): Kubernetes {
  const list = async (path: string): Promise<KubernetesObject[]> => {
    const items: KubernetesObject[] = [];
    let after = "";
    do {
      const next = after ? `&continue=${encodeURIComponent(after)}` : "";
      const body = await get(new URL(`${path}?limit=500${next}`, url), credentials);
      items.push(...body.items);
      after = body.metadata?.continue ?? "";
    } while (after);
    return items;
  };
  return {
    nodes: () => list("/api/v1/nodes"),
    pods: (namespace) =>
      list(namespace ? `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods` : "/api/v1/pods"),
  };
}

interface List {
  items: KubernetesObject[];
  metadata?: { continue?: string };
}

function get(url: URL, credentials: string): Promise<List> {
  const token = readFileSync(`${credentials}/token`, "utf8").trim();
  const ca = readFileSync(`${credentials}/ca.crt`);
  return new Promise((resolve, reject) => {
    const fail = (what: string, cause?: Error) =>
      reject(
        new ToolError(`Kubernetes did not answer GET ${url.pathname}: ${what}`, "Check the API server.", {
          cause,
        }),
      );
    const call = request(
      url,
      { ca, headers: { authorization: `Bearer ${token}` }, timeout: 10_000 },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("error", (error) => fail(error.message, error));
        response.on("end", () => {
          if (response.statusCode === 200) resolve(JSON.parse(text) as List);
          else fail(`status ${response.statusCode}`);
        });
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer within 10 s")));
    call.on("error", (error) => fail(error.message, error));
    call.end();
  });
}

import { readFileSync } from "node:fs";
import { request } from "node:https";
import { z } from "zod";
import { messageOf } from "../errors.ts";

export interface InCluster {
  /** Where the API server is. */
  url: string;
  /** Folder with `token` and `ca.crt`. Read at each call: the token rotates. */
  credentials: string;
}

/** Seconds for one request. */
const patience = 5;

/** Reads from Kubernetes's API as the pod's service account. @throws when the answer is not 200 with JSON */
export function readKubernetes({ url, credentials }: InCluster, path: string): Promise<unknown> {
  const target = new URL(path, url);
  const failed = (what: string) => new Error(`Kubernetes did not answer GET ${target.pathname}: ${what}`);
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${readFileSync(`${credentials}/token`, "utf8").trim()}` };
    const ca = readFileSync(`${credentials}/ca.crt`);
    const signal = AbortSignal.timeout(patience * 1000);
    const call = request(target, { ca, headers, signal }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", (error) => reject(failed(error.message)));
      response.on("end", () => {
        if (response.statusCode !== 200)
          return reject(failed(`status ${response.statusCode}: ${text.slice(0, 300)}`));
        try {
          resolve(JSON.parse(text));
        } catch (error) {
          reject(failed(messageOf(error)));
        }
      });
    });
    call.on("error", (error) => reject(failed(error.message)));
    call.end();
  });
}

const podList = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string() }) })),
  metadata: z.object({ continue: z.string().optional() }).optional(),
});

/** Names of a namespace's pods that the selector chooses. */
export async function podNames(api: InCluster, namespace: string, labelSelector: string): Promise<string[]> {
  const names: string[] = [];
  let after = "";
  do {
    const query = new URLSearchParams({ labelSelector, limit: "500", ...(after && { continue: after }) });
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?${query}`;
    const page = podList.parse(await readKubernetes(api, path));
    names.push(...page.items.map(({ metadata }) => metadata.name));
    after = page.metadata?.continue ?? "";
  } while (after);
  return names;
}

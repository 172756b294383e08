import { StatusError } from "../../../../lab/pulumi/plugins/kubernetes/cluster/http.ts";
import { podOf } from "../../../../policies/engine/pods.ts";
import { manifestSubjects } from "../../../../policies/engine/subjects.ts";
import { object } from "../../../../policies/engine/values.ts";
import { type ControlPlane, startControlPlane } from "../../../plugins/kubernetes/support/controlPlane.ts";
import type { Body } from "../manifests/shapes.ts";
import type { Tool } from "./tool.ts";

const pluralOf = (kind: string): string =>
  `${kind.toLowerCase()}s`.replace(/sss$/, "sses").replace(/ys$/, "ies");
const ofNoNamespace = new Set(["Namespace", "ClusterRole", "ClusterRoleBinding", "RuntimeClass"]);

/** Where an object is sent to be made. */
function pathOf({ apiVersion, kind, metadata }: Body): string {
  const [name, version] = [String(kind), String(apiVersion)];
  const { namespace = "default" } = object(metadata);
  const root = version.includes("/") ? `/apis/${version}` : `/api/${version}`;
  const plural = pluralOf(name);
  return ofNoNamespace.has(name) ? `${root}/${plural}` : `${root}/namespaces/${String(namespace)}/${plural}`;
}

type Client = ControlPlane["client"];

const make = (client: Client, body: Body, query: Record<string, string> = {}) =>
  client.request({ method: "POST", path: pathOf(body), query, body: body as never });

/** What the server has against an object, which it is asked to make and not to keep. */
async function refusal(client: Client, body: Body): Promise<string[]> {
  try {
    await make(client, body, { dryRun: "All" });
    return [];
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    // Of what a manifest makes along with it, nothing is kept either.
    return /^namespaces "team-\w+" not found/.test(error.message) ? [] : [error.message];
  }
}

/**
 * The API server of the lab's cluster, asked by a dry run for each object and for each workload's pod, in a namespace that
 * enforces Pod Security "restricted". It knows no CloudNativePG.
 */
export async function apiServer(): Promise<{ tool: Tool; stop(): Promise<void> }> {
  const { client, stop } = await startControlPlane();
  try {
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    for (const name of ["apps", "mcp"])
      await make(client, { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
    const metadata = { name: "nvidia" };
    await make(client, { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata, handler: "nvidia" });
    const version = await client.request({ method: "GET", path: "/version" });
    const tool: Tool = {
      name: `admission, API server ${String(version.gitVersion).replace(/^v/, "")}`,
      async judge(manifests) {
        const found = new Map<string, string[]>();
        for (const { id, objects } of manifests) {
          const pods = manifestSubjects("release", objects).flatMap((subject) => {
            const pod = podOf(subject);
            const { name, namespace, annotations } = object(subject.kubernetes?.body.metadata);
            const made = { name, namespace, labels: pod?.labels, annotations };
            return pod ? [{ apiVersion: "v1", kind: "Pod", metadata: made, spec: pod.spec }] : [];
          });
          const all = [...objects.filter(({ apiVersion }) => !/cnpg/.test(String(apiVersion))), ...pods];
          const said = await Promise.all(all.map((each) => refusal(client, each as Body)));
          found.set(id, said.flat());
        }
        return found;
      },
    };
    return { tool, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

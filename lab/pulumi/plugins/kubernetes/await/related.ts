import type { Cluster } from "../cluster/cluster.ts";
import { isNotFound } from "../cluster/http.ts";
import type { KubeObject } from "../object/access.ts";
import { at, isMap, isOwnedBy, list, namespaceOf, number, text } from "../object/access.ts";

const core = (kind: string) => ({ group: "", version: "v1", kind });
export const kinds = {
  pod: core("Pod"),
  claim: core("PersistentVolumeClaim"),
  endpoints: core("Endpoints"),
  event: core("Event"),
  replicaSet: { group: "apps", version: "v1", kind: "ReplicaSet" },
  storageClass: { group: "storage.k8s.io", version: "v1", kind: "StorageClass" },
} as const;

/** Selector text of a workload; undefined where it selects by expressions, so that all are listed. */
function selectorOf(workload: KubeObject): string | undefined {
  const labels = at(workload, "spec", "selector", "matchLabels");
  if (!isMap(labels)) return undefined;
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(",");
}

/** The objects of a kind that a workload's selector finds and that `owner` owns. */
export async function owned(
  cluster: Cluster,
  kind: (typeof kinds)[keyof typeof kinds],
  workload: KubeObject,
  owner: KubeObject | undefined = workload,
): Promise<KubeObject[]> {
  const found = await cluster.list(kind, namespaceOf(workload), selectorOf(workload));
  return found.filter((object) => isOwnedBy(object, owner));
}

/** The object, or undefined where there is none. */
export const orUndefined = (wanted: Promise<KubeObject>): Promise<KubeObject | undefined> =>
  wanted.catch((error) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });

/** The newest warnings about some objects, e.g. why a pod cannot be made or an image cannot be pulled. */
export async function warningsAbout(cluster: Cluster, namespace: string, uids: string[]): Promise<string[]> {
  const events = await cluster.list(kinds.event, namespace);
  const about = events.filter(
    (event) => text(event, "type") === "Warning" && uids.includes(text(event, "involvedObject", "uid")),
  );
  about.sort((a, b) => lastSeen(b).localeCompare(lastSeen(a)));
  const said = about.map((event) => {
    const count = number(event, "count") ?? 1;
    const object = `${text(event, "involvedObject", "kind")} ${text(event, "involvedObject", "name")}`;
    return `[${object}]: ${text(event, "reason")}: ${text(event, "message")}${count > 1 ? ` (x${count})` : ""}`;
  });
  return [...new Set(said)].slice(0, 5);
}

const lastSeen = (event: KubeObject): string =>
  text(event, "lastTimestamp") || text(event, "eventTime") || text(event, "metadata", "creationTimestamp");

/** Names of the persistent volume claims that a pod template mounts. */
export const claimNames = (workload: KubeObject): string[] =>
  list(workload, "spec", "template", "spec", "volumes")
    .map((volume) => text(volume, "persistentVolumeClaim", "claimName"))
    .filter((name) => name !== "");

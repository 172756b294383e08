import type { Subject } from "./rule.ts";
import { isOpaque, type Json, list, object } from "./values.ts";

/** The spec of a CloudNativePG Cluster; undefined for anything else. */
export const clusterSpecOf = ({ kubernetes }: Subject): Json | undefined =>
  kubernetes?.kind === "Cluster" && kubernetes.apiVersion.startsWith("postgresql.cnpg.io/")
    ? object(kubernetes.body.spec)
    : undefined;

/** Whether a cluster archives its log, or takes snapshots: by a plugin, or by CloudNativePG itself. */
export function isBackedUp({ backup, plugins }: Json): boolean {
  if (isOpaque(backup) || isOpaque(plugins)) return true;
  const { barmanObjectStore: store, volumeSnapshot } = object(backup);
  return (
    volumeSnapshot !== undefined ||
    isOpaque(store) ||
    // CloudNativePG refuses a store without its place.
    object(store).destinationPath !== undefined ||
    list(plugins).some(({ isWALArchiver, enabled }) => isWALArchiver === true && enabled !== false)
  );
}

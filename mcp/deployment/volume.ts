import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { DeployedEntry } from "../catalog/index.ts";
import { dns, labelsOf } from "./pod.ts";

export interface VolumeArgs {
  /** Namespace of the claim. A change is another volume, and empty. */
  namespace: pulumi.Input<string>;
  /** A change applies to new volumes only. */
  storageClass: string;
}

/**
 * The volume of a server's data. It belongs to the catalog entry rather than to the server, so that it stays while the
 * server is disabled, and is there when it is enabled again. Nothing in the program deletes it, except for the namespace's
 * deletion with the stack. With `local-path` its data is on the MCP host: on another machine of that name the same volume is
 * empty, see `k3s/volumes`.
 *
 * @param name of the server's component
 * @returns undefined for an entry without data
 */
export function serverVolume(
  name: string,
  { name: server, volume }: DeployedEntry,
  { namespace, storageClass }: VolumeArgs,
  parent: pulumi.ComponentResource,
): k8s.core.v1.PersistentVolumeClaim | undefined {
  if (!volume) return undefined;
  return new k8s.core.v1.PersistentVolumeClaim(
    `${name}-volume`,
    {
      metadata: { name: dns(server), namespace, labels: labelsOf(server) },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: storageClass,
        resources: { requests: { storage: volume.size } },
      },
    },
    {
      parent,
      // Where it was a child of its server.
      aliases: [{ parent: pulumi.createUrn(name, "sophia:mcp:McpServer", parent) }],
      // A claim of another class would be another, empty one, and the deletion of this one waits for its pod.
      ignoreChanges: ["spec.storageClassName"],
      retainOnDelete: true,
    },
  );
}

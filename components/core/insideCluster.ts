import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/**
 * Options of a component with objects in a cluster: they are created through its provider and, when the cluster is
 * deleted, removed from the state without being deleted one by one.
 *
 * @param clusterIdentity Exists as long as the cluster does.
 */
export function insideCluster(
  provider: kubernetes.Provider,
  clusterIdentity: pulumi.Resource,
): pulumi.ComponentResourceOptions {
  return {
    providers: { kubernetes: provider },
    transformations: [
      ({ type, props, opts }) =>
        type.startsWith("kubernetes:")
          ? { props, opts: { deletedWith: clusterIdentity, ...opts } }
          : undefined,
    ],
  };
}

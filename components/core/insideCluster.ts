import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/**
 * Options of a component whose objects live in a cluster: they are made through its provider, and where the cluster
 * goes, they go with it without being deleted one by one.
 *
 * @param birth Goes when the cluster goes.
 */
export function insideCluster(
  provider: kubernetes.Provider,
  birth: pulumi.Resource,
): pulumi.ComponentResourceOptions {
  return {
    providers: { kubernetes: provider },
    transformations: [
      ({ type, props, opts }) =>
        type.startsWith("kubernetes:") ? { props, opts: { deletedWith: birth, ...opts } } : undefined,
    ],
  };
}

import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/**
 * Options of a component whose objects live in a cluster: they are made through its provider, and where the machine
 * that holds the cluster goes, they go with it without being deleted one by one.
 */
export function insideCluster(
  provider: kubernetes.Provider,
  machine: pulumi.Resource,
): pulumi.ComponentResourceOptions {
  return {
    providers: { kubernetes: provider },
    transformations: [
      ({ type, props, opts }) =>
        type.startsWith("kubernetes:") ? { props, opts: { deletedWith: machine, ...opts } } : undefined,
    ],
  };
}

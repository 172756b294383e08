import * as kubernetes from "@pulumi/kubernetes";
import { configuredCluster } from "./cluster.ts";

const cluster = configuredCluster();

const kept = new kubernetes.core.v1.ConfigMap(
  "kept",
  { metadata: { name: "kept", namespace: "default" }, data: { a: "b" } },
  { provider: cluster.provider, deletedWith: cluster.clusterIdentity },
);

export const kubeconfig = cluster.kubeconfig;
export const nodes = cluster.nodes.map(({ name }) => name);
export const clusterIdentity = kept.metadata.uid;

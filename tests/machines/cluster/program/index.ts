import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { publicKeyOf } from "../../../../components/core/publicKey.ts";
import { k3sSettings } from "../../../../components/settings/sections/k3s.ts";
import { Cluster } from "../../../../k3s/cluster.ts";
import type { Host, HostHandle } from "../../../../k3s/host.ts";
import { Machine } from "./machine.ts";

const config = new pulumi.Config();
const hosts = config.requireObject<Host[]>("hosts");
const sshPrivateKey = config.requireSecret("sshPrivateKey");
const previousPrivateKey = config.getSecret("sshPreviousPrivateKey");

function machineOf(host: Host): HostHandle {
  const machine = new Machine(`machine-${host.name}`, host.machineId);
  const known = machine.machineId.apply((machineId) => ({ ...host, machineId }));
  return { name: host.name, roles: host.roles, host: known, machine, adopted: false };
}

const cluster = new Cluster("cluster", {
  hosts: hosts.map(machineOf),
  settings: k3sSettings.parse(config.requireObject("k3s")),
  adminNetworks: ["0.0.0.0/0"],
  sshPrivateKey,
  sshKeyChange: previousPrivateKey && {
    publicKey: sshPrivateKey.apply((key) => publicKeyOf(key, "sshPrivateKey")),
    previousPrivateKey,
    previousPublicKey: previousPrivateKey.apply((key) => publicKeyOf(key, "sshPreviousPrivateKey")),
  },
});

const kept = new kubernetes.core.v1.ConfigMap(
  "kept",
  { metadata: { name: "kept", namespace: "default" }, data: { a: "b" } },
  { provider: cluster.provider, deletedWith: cluster.clusterIdentity },
);

export const kubeconfig = cluster.kubeconfig;
export const nodes = cluster.nodes.map(({ name }) => name);
export const clusterIdentity = kept.metadata.uid;

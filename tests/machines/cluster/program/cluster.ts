import * as pulumi from "@pulumi/pulumi";
import { publicKeyOf } from "../../../../components/core/publicKey.ts";
import { k3sSettings } from "../../../../components/settings/sections/k3s.ts";
import { Cluster } from "../../../../k3s/cluster.ts";
import type { Host, HostHandle } from "../../../../k3s/host.ts";
import { Machine } from "./machine.ts";

/** A host in the configuration; a launched one says nothing of `adopted`. */
type HostOfTest = Host & { adopted?: boolean };

function machineOf({ adopted = false, ...host }: HostOfTest): HostHandle {
  const machine = new Machine(`machine-${host.name}`, host.machineId);
  const known = machine.machineId.apply((machineId) => ({ ...host, machineId }));
  return { name: host.name, roles: host.roles, host: known, machine, adopted };
}

/** The cluster that the configuration describes: hosts, section `k3s`, and the SSH key with its predecessor. */
export function configuredCluster(): Cluster {
  const config = new pulumi.Config();
  const sshPrivateKey = config.requireSecret("sshPrivateKey");
  const previousPrivateKey = config.getSecret("sshPreviousPrivateKey");
  return new Cluster("cluster", {
    hosts: config.requireObject<HostOfTest[]>("hosts").map(machineOf),
    settings: k3sSettings.parse(config.requireObject("k3s")),
    adminNetworks: ["0.0.0.0/0"],
    sshPrivateKey,
    sshKeyChange: previousPrivateKey && {
      publicKey: sshPrivateKey.apply((key) => publicKeyOf(key, "sshPrivateKey")),
      previousPrivateKey,
      previousPublicKey: previousPrivateKey.apply((key) => publicKeyOf(key, "sshPreviousPrivateKey")),
    },
  });
}

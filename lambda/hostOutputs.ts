import * as pulumi from "@pulumi/pulumi";
import type { HostSettings } from "../components/settings/sections/lambda.ts";
import type { Host } from "../k3s/host.ts";
import type { Instance } from "./provider/resources.ts";

/** A host as the stack's outputs show it. */
export interface HostSummary {
  name: string;
  /** Id of the instance at Lambda. */
  id: string;
  address: string;
  privateAddress: string;
  hostname: string;
  instanceType: string;
  region: string;
  /** US dollars, at launch or the last refresh. */
  hourlyUsd: number;
  /** It ran before, and is never terminated. */
  adopted: boolean;
}

/** Known only when the ports between hosts are open, so that no connection is tried earlier. */
export function hostOf(
  host: HostSettings,
  machine: Instance,
  opened: pulumi.Output<string[]>,
): pulumi.Output<Host> {
  const { id, address, privateAddress, gpus } = machine;
  return pulumi.output({ id, address, privateAddress, gpus, opened }).apply((known) => ({
    name: host.name,
    machineId: known.id,
    address: known.address,
    privateAddress: known.privateAddress,
    user: "ubuntu",
    port: 22,
    roles: host.roles,
    labels: host.labels,
    taints: host.taints,
    gpus: known.gpus,
  }));
}

/** A host's entry in the stack's outputs. */
export function summaryOf(host: HostSettings, machine: Instance): pulumi.Output<HostSummary> {
  const { id, address, privateAddress, hostname, instanceType, region, hourlyUsd, adopted } = machine;
  return pulumi
    .output({ id, address, privateAddress, hostname, instanceType, region, hourlyUsd, adopted })
    .apply((known) => ({ name: host.name, ...known }));
}

import type { WireInstance } from "../../client/wire.ts";
import { type FixedParts, fixedParts, type InstanceSpec } from "./spec.ts";

/** State of an instance. All of it is in Pulumi's state: nothing here is secret. */
export interface InstanceOutputs extends FixedParts {
  name: string;
  address: string;
  /** Empty where Lambda gives none. */
  privateAddress: string;
  instanceType: string;
  region: string;
  gpus: number;
  hourlyUsd: number;
  status: string;
  /** Has been active with an address. Until then another launch may replace it. */
  ready: boolean;
  /** Not launched by the program: never renamed, rebooted or terminated by it. */
  adopted: boolean;
}

/** The parts that may change outside of the program, as Lambda reports them. */
export function observed(instance: WireInstance) {
  return {
    name: instance.name ?? "",
    address: instance.ip ?? "",
    privateAddress: instance.private_ip ?? "",
    instanceType: instance.instance_type.name,
    region: instance.region.name,
    gpus: instance.instance_type.specs.gpus,
    hourlyUsd: instance.instance_type.price_cents_per_hour / 100,
    status: instance.status,
  };
}

/**
 * State of an instance that was launched for these settings. Pure.
 * @param ready false until it is reachable: the next update waits for it again
 */
export function launchedOutputs(instance: WireInstance, spec: InstanceSpec, ready: boolean): InstanceOutputs {
  return { ...fixedParts(spec, instance.region.name), ...observed(instance), ready, adopted: false };
}

/**
 * Parts that depend on the region, of an instance whose region was not known when it was recorded. What Lambda reports
 * counts: the settings may have changed since the launch.
 */
export function placedParts(instance: WireInstance, spec: InstanceSpec) {
  const { firewall_rulesets: rulesets, file_system_names: fileSystems } = instance;
  return {
    fileSystemName: fileSystems[0] ?? "",
    rulesetId: rulesets ? (rulesets[0]?.id ?? "") : fixedParts(spec, instance.region.name).rulesetId,
  };
}

/** State of an adopted instance. What Lambda does not report is empty: claim, image family, user data. Pure. */
export function adoptedOutputs(instance: WireInstance): InstanceOutputs {
  return {
    claim: "",
    hostname: instance.hostname ?? "",
    imageFamily: "",
    sshKeyName: instance.ssh_key_names[0] ?? "",
    userDataDigest: "",
    fileSystemName: instance.file_system_names[0] ?? "",
    rulesetId: instance.firewall_rulesets?.[0]?.id ?? "",
    ...observed(instance),
    ready: true,
    adopted: true,
  };
}

import type { CustomResourceOptions, Input, Output } from "@pulumi/pulumi";
import { DynamicResource } from "../../components/core/provider/dynamic.ts";
import type { FirewallRule } from "../reconcile/firewall.ts";
import type { Adoption } from "../reconcile/instance/spec.ts";

// Fields are declared, not defined: a defined field would overwrite the output that Pulumi put there.

/** Outputs must be named among the properties for Pulumi to make them. */
const outputs = (...names: string[]): Record<string, undefined> =>
  Object.fromEntries(names.map((name) => [name, undefined]));

export interface InstanceClaimArgs {
  /** What the host adopts instead of a launch: such instances with the claim are never terminated, also once this is left out. A change does nothing by itself. */
  adopt?: Input<Adoption>;
}

/** A random id for one host, created before the host and deleted after it. A tag of every launch for the host. */
export class InstanceClaim extends DynamicResource {
  declare readonly claim: Output<string>;
  /** Instances that were adopted, and are not terminated for having the claim as a tag. */
  declare readonly spared: Output<Adoption[]>;
  constructor(name: string, args: InstanceClaimArgs = {}, options?: CustomResourceOptions) {
    super(
      "lambda:InstanceClaim",
      "lambda/provider/handlers/instanceClaim.ts",
      name,
      { ...outputs("claim", "spared"), ...args },
      options,
    );
  }
}

export interface InstanceArgs {
  /** Name shown by Lambda, 1 to 64 characters. A change renames in place. */
  name: Input<string>;
  /** From a separate `InstanceClaim`. A change replaces the instance. */
  claim: Input<string>;
  /** Project and stack, as a tag. A change matters at the next launch only. */
  stack: Input<string>;
  /** Written to /etc/hostname. A change replaces the instance. */
  hostname: Input<string>;
  /** In order of preference. A change matters at the next launch only. */
  instanceTypes: Input<Input<string>[]>;
  /** In order of preference. A change matters at the next launch only. */
  regions: Input<Input<string>[]>;
  /** A change replaces the instance. */
  imageFamily: Input<string>;
  /** Name of the one SSH key that may log in at first. A change matters at the next launch only. */
  sshKeyName: Input<string>;
  /** cloud-init text, 1 MB at most. A change replaces the instance. */
  userData?: Input<string>;
  /** Mounted if the instance is launched in its region. A change replaces instances there. */
  fileSystem?: Input<{ name: Input<string>; region: Input<string> }>;
  /** Firewall ruleset by region. Another ruleset for the instance's region replaces it. */
  rulesets?: Input<Record<string, Input<string>>>;
  /** From the `InstanceClaim`: instances of it that are not terminated. A change does nothing by itself. Default: none. */
  spared?: Input<Input<Adoption>[]>;
}

export interface AdoptedInstanceArgs {
  /** Another instance replaces it; one that was launched as this resource is only marked. */
  adopt: Input<Adoption>;
  /** Instances with this claim are terminated once the host is adopted, except itself and `spared`. Default: none. */
  claim?: Input<string>;
  /** From the `InstanceClaim`. */
  spared?: Input<Input<Adoption>[]>;
}

/**
 * A Lambda Cloud instance. Replaced delete-before-create: its name is unique in the cluster, and at most one instance is
 * billed. With `adopt` it is one that runs already, which is never changed, rebooted or terminated.
 */
export class Instance extends DynamicResource {
  /** Public IPv4 address. */
  declare readonly address: Output<string>;
  /** Empty where Lambda gives none. */
  declare readonly privateAddress: Output<string>;
  declare readonly hostname: Output<string>;
  /** Actual type. */
  declare readonly instanceType: Output<string>;
  /** Actual region. */
  declare readonly region: Output<string>;
  declare readonly gpus: Output<number>;
  declare readonly hourlyUsd: Output<number>;
  declare readonly status: Output<string>;
  declare readonly adopted: Output<boolean>;
  constructor(name: string, args: InstanceArgs | AdoptedInstanceArgs, options?: CustomResourceOptions) {
    const known = ["address", "privateAddress", "hostname", "instanceType", "region", "gpus", "hourlyUsd"];
    super(
      "lambda:Instance",
      "lambda/provider/handlers/instance.ts",
      name,
      { ...outputs(...known, "status", "adopted"), ...args },
      options,
    );
  }
}

export interface SshKeyArgs {
  /** At Lambda with a digest of the key, unless the account has the same key under exactly this name. */
  name: Input<string>;
  /** OpenSSH public key. A change adds the new one. The old one is deleted at the first change or deletion at which no instance that was launched with it runs. */
  publicKey: Input<string>;
  /** The key before a change. Without it a change is refused while instances run that were launched with that key. */
  previousPublicKey?: Input<string>;
}

/** A key that new instances accept. */
export class SshKey extends DynamicResource {
  /** Name to launch with. */
  declare readonly keyName: Output<string>;
  constructor(name: string, args: SshKeyArgs, options?: CustomResourceOptions) {
    super(
      "lambda:SshKey",
      "lambda/provider/handlers/sshKey.ts",
      name,
      { ...outputs("keyName"), ...args },
      options,
    );
  }
}

export interface FileSystemArgs {
  /** Project and stack: other stacks never take over the file system. A change does nothing. */
  stack?: Input<string>;
  /** Letters, digits and dashes, at most 60; unique in the account. A change replaces: the data is lost. */
  name: Input<string>;
  /** A change replaces: the data is lost. */
  region: Input<string>;
}

/** Storage that outlives instances. An existing one of the account is used, and never deleted. */
export class FileSystem extends DynamicResource {
  declare readonly name: Output<string>;
  declare readonly region: Output<string>;
  declare readonly mountPoint: Output<string>;
  declare readonly bytesUsed: Output<number>;
  constructor(name: string, args: FileSystemArgs, options?: CustomResourceOptions) {
    super(
      "lambda:FileSystem",
      "lambda/provider/handlers/fileSystem.ts",
      name,
      { ...outputs("mountPoint", "bytesUsed"), ...args },
      options,
    );
  }
}

export interface FirewallRulesetArgs {
  /**
   * At most 64 characters. An existing ruleset of that name and region is taken over, so it needs a part that no other
   * stack of the account has. A change renames in place.
   */
  name: Input<string>;
  /** Rulesets are regional. A change replaces. */
  region: Input<string>;
  /** Rules at creation. A change does nothing: `FirewallRules` sets them from then on. */
  initialRules: Input<Input<FirewallRule>[]>;
}

/** Firewall of the instances that are launched with it. It cannot be attached or removed afterwards. */
export class FirewallRuleset extends DynamicResource {
  constructor(name: string, args: FirewallRulesetArgs, options?: CustomResourceOptions) {
    super(
      "lambda:FirewallRuleset",
      "lambda/provider/handlers/firewallRuleset.ts",
      name,
      { ...args },
      options,
    );
  }
}

export interface FirewallRulesArgs {
  /** Id of the ruleset at Lambda. A change replaces the resource. */
  rulesetId: Input<string>;
  /** All rules. A change is applied in place, at once. */
  rules: Input<Input<FirewallRule>[]>;
}

/** The rules of a ruleset. A separate resource, as they contain addresses that are known only after launches with it. */
export class FirewallRules extends DynamicResource {
  constructor(name: string, args: FirewallRulesArgs, options?: CustomResourceOptions) {
    super("lambda:FirewallRules", "lambda/provider/handlers/firewallRules.ts", name, { ...args }, options);
  }
}

import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { Component } from "../components/core/base.ts";
import type { PeerPorts } from "../components/core/ports.ts";
import type { Settings } from "../components/settings/schema.ts";
import type { HostSettings } from "../components/settings/sections/lambda.ts";
import type { HostHandle } from "../k3s/host.ts";
import { warnOfClosedPorts } from "./adoptedFirewall.ts";
import { approve, pricedFileSystem } from "./budget.ts";
import { checkBudget, type Estimate, estimate } from "./cost.ts";
import { baseRules, checkRuleCount, fleetRules } from "./firewallRules.ts";
import { type HostSummary, hostOf, summaryOf } from "./hostOutputs.ts";
import { physicalName } from "./naming.ts";
import { livePrices, type Prices } from "./prices.ts";
import {
  FileSystem,
  FirewallRules,
  FirewallRuleset,
  Instance,
  InstanceClaim,
  SshKey,
} from "./provider/resources.ts";

export interface FleetArgs {
  /** Section `lambda`. */
  settings: Settings["lambda"];
  /** Section `hosts`. Adopted ones are neither launched nor terminated. */
  hosts: HostSettings[];
  /** US dollars a month; a higher estimate fails the preview, and an update before anything is created. */
  budget: Settings["budget"];
  /** Networks that may reach SSH through the firewall, in addition to the administrators'. Default: none. */
  sshNetworks?: string[];
  /** Secret; used for live prices only. The resources read it from the configuration. */
  apiKey: pulumi.Input<string>;
  /** OpenSSH public key that hosts accept when they are launched. */
  publicKey: pulumi.Input<string>;
  /** The previous one, during a change of the key. */
  previousPublicKey?: pulumi.Input<string> | undefined;
  /** Ports between hosts, at their public addresses. Empty where hosts use a private network. */
  peerPorts: PeerPorts[];
}

/** What the instances of a fleet share. */
interface InstanceParts {
  settings: Settings["lambda"];
  /** Absent where every host is adopted: the program does not manage their keys. */
  sshKey: SshKey | undefined;
  fileSystem: FileSystem | undefined;
  rulesets: Map<string, FirewallRuleset>;
  approved: pulumi.Output<true>;
}

/** Seconds to wait for prices: a preview goes on without them. */
const patience = () => (pulumi.runtime.isDryRun() ? 10 : Number.POSITIVE_INFINITY);

/** The machines of a stack at Lambda Cloud, launched or adopted, with their SSH key, file system and firewall. */
export class Fleet extends Component {
  readonly hosts: HostHandle[];
  readonly summary: pulumi.Output<HostSummary[]>;
  /** Monthly cost by resource, at live prices. */
  readonly estimate: pulumi.Output<Estimate>;

  constructor(name: string, args: FleetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lambda:Fleet", name, opts);
    const { settings, hosts } = args;
    const networks = { ...settings.firewall, sshNetworks: args.sshNetworks };
    // Adopted hosts have no ruleset of ours.
    if (hosts.some((host) => !host.adopt)) checkRuleCount(networks, args.peerPorts, hosts.length);
    const connection = { ...settings, retryDeadline: Math.min(settings.retryDeadline, patience()) };
    const prices = pulumi.unsecret(
      pulumi.output(args.apiKey).apply((key) => livePrices(connection, key, hosts)),
    );
    const approved = prices.apply((live) => approve(args, live));

    // Everything depends on the approval by one of its inputs: nothing is created that exceeds the budget.
    const sshKey = this.#sshKey(args, approved);
    const fileSystem = settings.fileSystem && this.#fileSystem(settings.fileSystem, approved);
    const rulesets = this.#rulesets(args, approved);
    const parts = { settings, sshKey, fileSystem, rulesets, approved };
    const machines = hosts.map((host) => ({ host, machine: this.#instance(host, parts) }));
    const addresses = pulumi.all(machines.map(({ machine }) => machine.address));
    const opened = this.#openPeerPorts(args, rulesets, addresses);

    this.hosts = machines.map(({ host, machine }) => ({
      name: host.name,
      roles: host.roles,
      host: hostOf(host, machine, opened),
      machine,
      adopted: host.adopt !== undefined,
    }));
    this.summary = pulumi.all(machines.map(({ host, machine }) => summaryOf(host, machine)));
    if (hosts.some((host) => host.adopt))
      warnOfClosedPorts({ ...args, settings: connection }, networks, this.summary);
    this.estimate = this.#estimated(args, prices, fileSystem);
    this.registerOutputs({ summary: this.summary, estimate: this.estimate });
  }

  #sshKey(
    { settings, hosts, publicKey, previousPublicKey }: FleetArgs,
    approved: pulumi.Output<true>,
  ): SshKey | undefined {
    if (hosts.every((host) => host.adopt)) return undefined;
    const shown = pulumi.unsecret(pulumi.output(publicKey));
    const args = {
      name: settings.sshKey.name,
      publicKey: pulumi.all([shown, approved]).apply(([text]) => text),
      ...(previousPublicKey !== undefined && {
        previousPublicKey: pulumi.unsecret(pulumi.output(previousPublicKey)),
      }),
    };
    return new SshKey(this.childName("key"), args, this.child());
  }

  #fileSystem(
    { name, region, keep }: NonNullable<Settings["lambda"]["fileSystem"]>,
    approved: pulumi.Output<true>,
  ): FileSystem {
    const stack = `${pulumi.getProject()}/${pulumi.getStack()}`;
    const args = { name: approved.apply(() => name), region, stack };
    return new FileSystem(this.childName("files"), args, this.child({ retainOnDelete: keep }));
  }

  /**
   * One in each region where a host may be launched: rulesets are regional, and attached only at launch. Their names
   * contain a random id from the state, so that a stack of the same name in another project or backend has others.
   */
  #rulesets(
    { settings, hosts, sshNetworks }: FleetArgs,
    approved: pulumi.Output<true>,
  ): Map<string, FirewallRuleset> {
    const launched = hosts.filter((host) => !host.adopt);
    const regions = new Set(launched.flatMap((host) => host.regions ?? settings.regions));
    if (regions.size === 0) return new Map();
    const { hex } = new random.RandomId(this.childName("firewall-id"), { byteLength: 4 }, this.child());
    const named = (region: string) =>
      pulumi.all([hex, approved]).apply(([id]) => physicalName(["sophia", pulumi.getStack(), region, id]));
    return new Map(
      [...regions].map((region) => [
        region,
        new FirewallRuleset(
          this.childName(`firewall-${region}`),
          {
            name: named(region),
            region,
            initialRules: baseRules({ ...settings.firewall, sshNetworks }),
          },
          this.child(),
        ),
      ]),
    );
  }

  #instance(
    host: HostSettings,
    { settings, sshKey, fileSystem, rulesets, approved }: InstanceParts,
  ): Instance {
    const { adopt } = host;
    // Also for an adopted host: if it was launched before, its claim remains, which must not terminate it. What it
    // terminates uses the key and rulesets, so they are deleted after it.
    const claim = new InstanceClaim(
      this.childName(`${host.name}-claim`),
      { ...(adopt && { adopt }) },
      this.child({ dependsOn: [...(sshKey ? [sshKey] : []), ...rulesets.values()] }),
    );
    if (adopt) {
      const args = { adopt: approved.apply(() => adopt), claim: claim.claim, spared: claim.spared };
      return new Instance(this.childName(host.name), args, this.child());
    }
    return new Instance(
      this.childName(host.name),
      {
        name: physicalName(["sophia", pulumi.getStack(), host.name]),
        claim: claim.claim,
        stack: `${pulumi.getProject()}/${pulumi.getStack()}`,
        hostname: host.name,
        instanceTypes: host.instanceTypes ?? settings.instanceTypes,
        regions: host.regions ?? settings.regions,
        imageFamily: settings.imageFamily,
        sshKeyName: sshKey?.keyName ?? "",
        spared: claim.spared,
        ...(fileSystem && { fileSystem: { name: fileSystem.name, region: fileSystem.region } }),
        rulesets: Object.fromEntries([...rulesets].map(([region, ruleset]) => [region, ruleset.id])),
      },
      this.child(),
    );
  }

  /** Opens the ports between hosts once their addresses are known. */
  #openPeerPorts(
    { settings, peerPorts, sshNetworks }: FleetArgs,
    rulesets: Map<string, FirewallRuleset>,
    addresses: pulumi.Output<string[]>,
  ): pulumi.Output<string[]> {
    const rules = addresses.apply((known) =>
      fleetRules({ ...settings.firewall, sshNetworks }, peerPorts, known),
    );
    const opened = [...rulesets].map(
      ([region, ruleset]) =>
        new FirewallRules(this.childName(`rules-${region}`), { rulesetId: ruleset.id, rules }, this.child()),
    );
    return pulumi.all(opened.map((one) => one.id));
  }

  #estimated(
    { settings, hosts, budget }: FleetArgs,
    prices: pulumi.Output<Prices>,
    fileSystem: FileSystem | undefined,
  ): pulumi.Output<Estimate> {
    const recorded = pulumi.output(fileSystem?.bytesUsed);
    return pulumi.all([this.summary, recorded, prices]).apply(([known, bytes, live]) => {
      const priced = hosts.map((host) => known.find((one) => one.name === host.name) ?? { name: host.name });
      const result = estimate(
        { hosts: priced, fileSystem: pricedFileSystem(settings, live, bytes) },
        live.catalogue,
      );
      checkBudget(result, budget.monthlyUsd);
      return result;
    });
  }
}

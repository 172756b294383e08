import { BlockList } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { ApiError } from "../components/core/http/errors.ts";
import type { AllowedNetworks, PeerPorts } from "../components/core/ports.ts";
import { createClient } from "./client/client.ts";
import type { WireInstance } from "./client/wire.ts";
import { fleetRules } from "./firewallRules.ts";
import { isPlaceholder, type PricesConnection } from "./prices.ts";
import { type FirewallRule, fromWire } from "./reconcile/firewall.ts";

/** Lambda applies no rules there. */
const withoutFirewall = "us-south-1";

interface KnownHost {
  name: string;
  id: string;
  address: string;
  adopted: boolean;
}

const network = (source: string): { address: string; length: number } => {
  const [address = "", length = "32"] = source.split("/");
  return { address, length: Number(length) };
};

function admits(given: FirewallRule, needed: FirewallRule): boolean {
  if (given.protocol !== "all" && given.protocol !== needed.protocol) return false;
  const [from, to] = [network(given.source), network(needed.source)];
  if (from.length > to.length) return false;
  const sources = new BlockList();
  sources.addSubnet(from.address, from.length);
  if (!sources.check(to.address)) return false;
  if (!given.ports || !needed.ports) return true;
  return given.ports[0] <= needed.ports[0] && needed.ports[1] <= given.ports[1];
}

/** Rules of `needed` that no rule of `given` admits by itself. */
export const closed = (needed: readonly FirewallRule[], given: readonly FirewallRule[]): FirewallRule[] =>
  needed.filter((rule) => !given.some((one) => admits(one, rule)));

const shown = ({ protocol, ports, source, description }: FirewallRule): string => {
  const range = ports && (ports[0] === ports[1] ? ` ${ports[0]}` : ` ${ports[0]}-${ports[1]}`);
  return `${protocol}${range ?? ""} from ${source} (${description})`;
};

/**
 * A warning for each adopted host whose firewall at Lambda does not admit what the stack needs. Lambda attaches rulesets
 * at the launch only, so the program cannot set them there: it only reads. Rules of the account and of the instance's
 * rulesets are taken together. Without an answer of Lambda the warning says so.
 */
export async function warningsOfClosedPorts(
  connection: PricesConnection,
  apiKey: string,
  hosts: readonly KnownHost[],
  needed: readonly FirewallRule[],
): Promise<string[]> {
  if (isPlaceholder(apiKey)) return [];
  try {
    const api = await createClient({ ...connection, apiKey });
    const [account, rulesets, instances] = [
      (await api.listFirewallRules()).map(fromWire),
      await api.listRulesets(),
      await api.listInstances(),
    ];
    const rulesOf = (instance: WireInstance): FirewallRule[] => {
      const attached = new Set(instance.firewall_rulesets?.map(({ id }) => id));
      return rulesets.filter(({ id }) => attached.has(id)).flatMap(({ rules }) => rules.map(fromWire));
    };
    return hosts.flatMap(({ name, id, address, adopted }) => {
      const instance = instances.find((one) => one.id === id);
      if (!adopted || instance === undefined || instance.region.name === withoutFirewall) return [];
      // What a host sends to its own address does not leave it.
      const ofOthers = needed.filter(({ source }) => source !== `${address}/32`);
      const missing = closed(ofOthers, [...account, ...rulesOf(instance)]);
      if (missing.length === 0) return [];
      return [
        `Lambda's firewall does not admit what host ${name} needs: ${missing.map(shown).join(", ")}. ` +
          `The host is adopted (${id}), so the program does not set its rules: ` +
          "add them at Lambda, to the account's firewall or to a ruleset of the instance",
      ];
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return [`the firewall of adopted hosts was not checked: ${error.message}`];
  }
}

/** Logs these warnings once the hosts are known: in an update, and in previews of a stack that has them. */
export function warnOfClosedPorts(
  fleet: { settings: PricesConnection; apiKey: pulumi.Input<string>; peerPorts: readonly PeerPorts[] },
  networks: AllowedNetworks,
  hosts: pulumi.Output<KnownHost[]>,
): void {
  pulumi.all([hosts, pulumi.output(fleet.apiKey)]).apply(async ([known, key]) => {
    const needed = fleetRules(
      networks,
      fleet.peerPorts,
      known.map(({ address }) => address),
    );
    for (const warning of await warningsOfClosedPorts(fleet.settings, key, known, needed))
      pulumi.log.warn(warning);
  });
}

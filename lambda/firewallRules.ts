import type { FirewallRule } from "./reconcile/firewall.ts";

/** Ports that hosts of the fleet open for each other. */
export interface PeerPorts {
  protocol: "tcp" | "udp";
  /** First and last port. */
  ports: [number, number];
  /** At most 60 characters, e.g. `kubelet`. */
  purpose: string;
}

/** Lambda advises against more: new launches may fail. */
export const advisedRules = 20;

/** What anyone, and what administrators may reach. Order does not matter to Lambda. */
export function baseRules(adminNetworks: readonly string[]): FirewallRule[] {
  const admin = adminNetworks.flatMap((source): FirewallRule[] => [
    { protocol: "tcp", ports: [22, 22], source, description: "SSH" },
    { protocol: "tcp", ports: [6443, 6443], source, description: "Kubernetes API" },
  ]);
  return [
    ...admin,
    { protocol: "tcp", ports: [80, 80], source: "0.0.0.0/0", description: "HTTP" },
    { protocol: "tcp", ports: [443, 443], source: "0.0.0.0/0", description: "HTTPS" },
    { protocol: "icmp", source: "0.0.0.0/0", description: "ICMP, for path MTU" },
  ];
}

/**
 * All rules of a fleet: the base, and each other host's address for the ports between hosts.
 * @throws when that is more rules than Lambda works well with.
 */
export function fleetRules(
  adminNetworks: readonly string[],
  peerPorts: readonly PeerPorts[],
  addresses: readonly string[],
): FirewallRule[] {
  const peers =
    addresses.length < 2 ? [] : [...new Set(addresses)].filter((address) => address !== "").sort();
  const between = peers.flatMap((address) =>
    peerPorts.map(({ protocol, ports, purpose }): FirewallRule => {
      return { protocol, ports, source: `${address}/32`, description: `${purpose} between hosts` };
    }),
  );
  const rules = [...baseRules(adminNetworks), ...between];
  if (rules.length > advisedRules) {
    throw new Error(
      `the firewall would need ${rules.length} rules, and with more than ${advisedRules} Lambda may refuse launches: ` +
        `use fewer admin networks (${adminNetworks.length}) or fewer hosts (${addresses.length})`,
    );
  }
  return rules;
}

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

/** Networks that are let in beyond the hosts themselves. */
export interface Visitors {
  /** To SSH and the Kubernetes API. */
  adminNetworks: readonly string[];
  /** To SSH alone. Default: none. */
  sshNetworks?: readonly string[] | undefined;
}

/** What anyone, and what visitors may reach. Order does not matter to Lambda. */
export function baseRules({ adminNetworks, sshNetworks = [] }: Visitors): FirewallRule[] {
  const admin = adminNetworks.flatMap((source): FirewallRule[] => [
    { protocol: "tcp", ports: [22, 22], source, description: "SSH" },
    { protocol: "tcp", ports: [6443, 6443], source, description: "Kubernetes API" },
  ]);
  return [
    ...admin,
    ...sshNetworks.map((source): FirewallRule => {
      return { protocol: "tcp", ports: [22, 22], source, description: "SSH, for a tunnel" };
    }),
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
  visitors: Visitors,
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
  const rules = [...baseRules(visitors), ...between];
  if (rules.length > advisedRules) {
    throw new Error(
      `the firewall would need ${rules.length} rules, and with more than ${advisedRules} Lambda may refuse launches: ` +
        `use fewer admin networks (${visitors.adminNetworks.length}) or fewer hosts (${addresses.length})`,
    );
  }
  return rules;
}

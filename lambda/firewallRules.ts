import { type AllowedNetworks, kubernetesApiPort, type PeerPorts } from "../components/core/ports.ts";
import type { FirewallRule } from "./reconcile/firewall.ts";

/** Lambda advises against more: new launches may fail. */
export const advisedRules = 20;

/** Rules for the internet and for the allowed networks. Order does not matter to Lambda. */
export function baseRules({ adminNetworks, sshNetworks = [] }: AllowedNetworks): FirewallRule[] {
  const admin = adminNetworks.flatMap((source): FirewallRule[] => [
    { protocol: "tcp", ports: [22, 22], source, description: "SSH" },
    { protocol: "tcp", ports: [kubernetesApiPort, kubernetesApiPort], source, description: "Kubernetes API" },
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
 * Counts the rules of a fleet. Their number is known before its addresses are, and so before anything is launched.
 * @throws when that is more rules than Lambda works well with.
 */
export function checkRuleCount(
  networks: AllowedNetworks,
  peerPorts: readonly PeerPorts[],
  hosts: number,
): void {
  const between = hosts < 2 ? 0 : hosts * peerPorts.length;
  const count = baseRules(networks).length + between;
  if (count <= advisedRules) return;
  const { adminNetworks, sshNetworks = [] } = networks;
  throw new Error(
    `the firewall would need ${count} rules, and with more than ${advisedRules} Lambda may refuse launches: ` +
      `use fewer admin networks (${adminNetworks.length}, two rules each) in lambda.firewall.adminNetworks, ` +
      `fewer networks for SSH tunnels (${sshNetworks.length}) in pipeline.estuary.networks, ` +
      `or fewer hosts (${hosts}, ${peerPorts.length} rules each where there are several)`,
  );
}

/** All rules of a fleet: the base rules, and one per host and port between hosts. */
export function fleetRules(
  networks: AllowedNetworks,
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
  return [...baseRules(networks), ...between];
}

import { kubernetesApiPort } from "../../components/core/ports.ts";
import type { K3sSettings } from "../config/config.ts";
import { peerPorts } from "../config/ports.ts";

export interface FirewallSpec {
  /** Port of sshd. */
  sshPort: number;
  /** Addresses of all nodes, public and private. */
  nodes: readonly string[];
  /** Networks that may reach SSH, the Kubernetes API and the health service. */
  adminNetworks: readonly string[];
  /** Networks that may reach SSH only. Default: none. */
  sshNetworks?: readonly string[];
  settings: Pick<K3sSettings, "flannelBackend" | "clusterCidr">;
}

/**
 * The host firewall: one nftables table that is replaced in one transaction, without touching other tables.
 *
 * It filters before destination NAT: a NodePort or a published container port is translated before the input hook, so a
 * filter there would never match it. Only packets for the host's own addresses are filtered; pods and Services are left
 * to Kubernetes's network policies. Those do not keep a pod from its own node, so that pods, too, reach only ports of
 * the host that the platform has: Nginx's, the host's health, Kubernetes's API and the kubelet.
 */
export function firewallRules(spec: FirewallSpec): string {
  const { sshPort, nodes, adminNetworks, sshNetworks = [], settings } = spec;
  const between = (protocol: "tcp" | "udp") =>
    peerPorts(settings)
      .filter((port) => port.protocol === protocol)
      .map(({ ports: [first, last] }) => (first === last ? `${first}` : `${first}-${last}`));
  const udp = between("udp");
  const anywhere = adminNetworks.includes("0.0.0.0/0");
  const rules = [
    `iifname "lo" accept`,
    `fib daddr type != local accept`,
    `ct state established,related accept`,
    `ct state invalid drop`,
    `meta l4proto { icmp, ipv6-icmp } accept`,
    `udp dport { 68, 546 } accept`,
    `iifname "cni0" goto pods`,
    `iifname "flannel*" goto pods`,
    // Without a tunnel the pods of other nodes arrive under their own addresses.
    ...(settings.flannelBackend === "host-gw" ? [`ip saddr ${settings.clusterCidr} goto pods`] : []),
    `tcp dport { 80, 443 } accept`,
    `${anywhere ? "meta nfproto ipv4" : "ip saddr @admins"} tcp dport { ${sshPort}, ${kubernetesApiPort}, 8080 } accept`,
    ...(sshNetworks.length === 0 ? [] : [`ip saddr @ssh_networks tcp dport ${sshPort} accept`]),
    `ip saddr @nodes tcp dport { ${between("tcp").join(", ")} } accept`,
    ...(udp.length === 0 ? [] : [`ip saddr @nodes udp dport { ${udp.join(", ")} } accept`]),
    "counter drop",
  ];
  return `\
table inet sophia_host
delete table inet sophia_host
table inet sophia_host {
${set("nodes", "", nodes)}${anywhere ? "" : set("admins", "flags interval; auto-merge; ", adminNetworks)}\
${sshNetworks.length === 0 ? "" : set("ssh_networks", "flags interval; auto-merge; ", sshNetworks)}\
  chain pods {
    tcp dport { 80, 443, 8080, ${kubernetesApiPort}, 10250 } accept
    counter drop
  }
  chain inbound {
    type filter hook prerouting priority mangle; policy accept;
${rules.map((rule) => `    ${rule}\n`).join("")}\
  }
}
`;
}

const set = (name: string, flags: string, values: readonly string[]): string => {
  const elements = [...new Set(values)].filter((value) => value !== "").sort();
  return `  set ${name} { type ipv4_addr; ${flags}elements = { ${elements.join(", ")} } }\n`;
};

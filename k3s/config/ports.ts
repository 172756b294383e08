import { kubernetesApiPort, type PeerPorts } from "../../components/core/ports.ts";
import type { K3sSettings } from "./config.ts";

/** The pod network's tunnel; `host-gw` has none (K3s documentation, installation requirements). */
const tunnels: Record<K3sSettings["flannelBackend"], PeerPorts[]> = {
  "wireguard-native": [{ protocol: "udp", ports: [51820, 51820], purpose: "pod network, WireGuard" }],
  vxlan: [{ protocol: "udp", ports: [8472, 8472], purpose: "pod network, VXLAN" }],
  "host-gw": [],
};

/** Ports that K3s needs between its hosts, on whatever network. Not etcd's, as a cluster has one server. */
export function peerPorts(settings: Pick<K3sSettings, "flannelBackend">): PeerPorts[] {
  return [
    { protocol: "tcp", ports: [kubernetesApiPort, kubernetesApiPort], purpose: "Kubernetes API" },
    { protocol: "tcp", ports: [10250, 10250], purpose: "kubelet" },
    ...tunnels[settings.flannelBackend],
  ];
}

/**
 * Ports that a firewall in front of the hosts must allow between their public addresses: none where the hosts use a
 * private network.
 */
export function publicPeerPorts(settings: Pick<K3sSettings, "flannelBackend" | "nodeAddress">): PeerPorts[] {
  return settings.nodeAddress === "private" ? [] : peerPorts(settings);
}

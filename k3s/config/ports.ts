import { kubernetesApiPort, type PeerPorts } from "../../components/core/ports.ts";
import type { K3sSettings } from "./config.ts";

/** The pod network's tunnel; `host-gw` has none (K3s documentation, installation requirements). */
const tunnels: Record<K3sSettings["flannelBackend"], PeerPorts[]> = {
  "wireguard-native": [{ protocol: "udp", ports: [51820, 51820], purpose: "pod network, WireGuard" }],
  vxlan: [{ protocol: "udp", ports: [8472, 8472], purpose: "pod network, VXLAN" }],
  "host-gw": [],
};

/** Ports that K3s needs between its hosts, on whatever network. */
export function peerPorts(settings: Pick<K3sSettings, "flannelBackend">): PeerPorts[] {
  return [
    { protocol: "tcp", ports: [kubernetesApiPort, kubernetesApiPort], purpose: "Kubernetes API" },
    { protocol: "tcp", ports: [10250, 10250], purpose: "kubelet" },
    { protocol: "tcp", ports: [2379, 2380], purpose: "etcd" },
    ...tunnels[settings.flannelBackend],
  ];
}

/**
 * Ports that a firewall in front of the hosts must allow between their public addresses: none where the hosts use a
 * private network, and not etcd's, which is not supported over public addresses.
 */
export function publicPeerPorts(settings: Pick<K3sSettings, "flannelBackend" | "nodeAddress">): PeerPorts[] {
  if (settings.nodeAddress === "private") return [];
  return peerPorts(settings).filter(({ purpose }) => purpose !== "etcd");
}

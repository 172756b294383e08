import type { K3sSettings } from "./config.ts";

/** Ports that the hosts of a cluster open for each other. */
export interface PeerPorts {
  protocol: "tcp" | "udp";
  /** First and last. */
  ports: [number, number];
  purpose: string;
}

/** The pod network's tunnel; `host-gw` has none (K3s documentation, installation requirements). */
const tunnels: Record<K3sSettings["flannelBackend"], PeerPorts[]> = {
  "wireguard-native": [{ protocol: "udp", ports: [51820, 51820], purpose: "pod network, WireGuard" }],
  vxlan: [{ protocol: "udp", ports: [8472, 8472], purpose: "pod network, VXLAN" }],
  "host-gw": [],
};

/** What K3s and its hosts need of each other, wherever they meet. */
export function peerPorts(settings: Pick<K3sSettings, "flannelBackend">): PeerPorts[] {
  return [
    { protocol: "tcp", ports: [6443, 6443], purpose: "Kubernetes API" },
    { protocol: "tcp", ports: [10250, 10250], purpose: "kubelet" },
    { protocol: "tcp", ports: [2379, 2380], purpose: "etcd" },
    { protocol: "tcp", ports: [8080, 8080], purpose: "host health" },
    ...tunnels[settings.flannelBackend],
  ];
}

/**
 * Those that a firewall in front of the hosts must let through between their public addresses: none where they meet on
 * a private network, and no etcd, which is not supported over public addresses.
 */
export function publicPeerPorts(settings: Pick<K3sSettings, "flannelBackend" | "nodeAddress">): PeerPorts[] {
  if (settings.nodeAddress === "private") return [];
  const local = new Set(["etcd", "host health"]);
  return peerPorts(settings).filter(({ purpose }) => !local.has(purpose));
}

/** Port of the Kubernetes API on a K3s server. */
export const kubernetesApiPort = 6443;

/** Ports that the hosts of a cluster open for each other. */
export interface PeerPorts {
  protocol: "tcp" | "udp";
  /** First and last port. */
  ports: [number, number];
  /** At most 60 characters, e.g. `kubelet`. */
  purpose: string;
}

/** Networks that are allowed in addition to the hosts themselves. */
export interface AllowedNetworks {
  /** To SSH and the Kubernetes API; through the hosts' own firewall also to the health service. */
  adminNetworks: readonly string[];
  /** To SSH only. Default: none. */
  sshNetworks?: readonly string[] | undefined;
}

const secret = "a secret must not stand in the settings; the bootstrap makes and hands out the tokens";
const identity = "the bootstrap decides it; two sources would disagree";

/** Keys of K3s's `config.yaml` that `extraConfig` may not set, and why. */
export const reservedKeys: ReadonlyMap<string, string> = new Map(
  Object.entries({
    token: secret,
    "token-file": secret,
    "agent-token": secret,
    "agent-token-file": secret,
    "etcd-s3-access-key": `${secret}; use etcd-s3-config-secret`,
    "etcd-s3-secret-key": `${secret}; use etcd-s3-config-secret`,
    "datastore-endpoint": `${secret}; embedded etcd is used`,
    "vpn-auth": secret,
    server: identity,
    "cluster-init": identity,
    "node-name": `${identity}; a node is called after its host`,
    "with-node-id": `${identity}; a node is called after its host`,
    "node-ip": `${identity}; see k3s.nodeAddress`,
    "node-external-ip": `${identity}; see k3s.nodeAddress`,
    "node-label": `${identity}; see hosts[].labels`,
    "node-taint": `${identity}; see hosts[].taints`,
    "flannel-backend": `${identity}; see k3s.flannelBackend`,
    "flannel-external-ip": `${identity}; see k3s.nodeAddress`,
    "cluster-cidr": `${identity}; see k3s.clusterCidr`,
    "service-cidr": `${identity}; see k3s.serviceCidr`,
    "data-dir": `${identity}; scripts and policies rely on /var/lib/rancher/k3s`,
  }),
);

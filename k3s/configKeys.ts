/** Keys of `config.yaml` that only matter when a node registers; a running node is changed through the API. */
export const registrationKeys: ReadonlySet<string> = new Set(["node-label", "node-taint"]);

const secret = "a secret must not stand in the settings; the bootstrap makes and hands out the tokens";
const identity = "the bootstrap decides it; two sources would disagree";

/** Keys that `extraConfig` may not set, and why. */
export const ownKeys: Readonly<Record<string, string>> = {
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
};

/** What `k3s agent` takes (K3s documentation, cli/agent); everything else concerns servers only. */
export const agentKeys: ReadonlySet<string> = new Set([
  "airgap-extra-registry",
  "alsologtostderr",
  "bind-address",
  "container-runtime-endpoint",
  "debug",
  "default-runtime",
  "disable-apiserver-lb",
  "disable-default-registry-endpoint",
  "docker",
  "enable-pprof",
  "flannel-cni-conf",
  "flannel-conf",
  "flannel-iface",
  "image-credential-provider-bin-dir",
  "image-credential-provider-config",
  "image-service-endpoint",
  "kube-proxy-arg",
  "kubelet-arg",
  "lb-server-port",
  "log",
  "node-external-dns",
  "node-internal-dns",
  "nonroot-devices",
  "pause-image",
  "prefer-bundled-bin",
  "private-registry",
  "protect-kernel-defaults",
  "resolv-conf",
  "rootless",
  "selinux",
  "snapshotter",
  "v",
  "vmodule",
]);

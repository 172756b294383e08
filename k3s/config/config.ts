import { stringify } from "yaml";
import type { z } from "zod";
import { kubernetesApiPort } from "../../components/core/ports.ts";
import type { k3sSettings } from "../../components/settings/sections/k3s.ts";
import { hostRoles } from "../../components/settings/sections/lambda.ts";
import type { Host } from "../host.ts";
import { nodeKind, nodeName } from "../host.ts";
import { agentKeys, registrationKeys } from "./keys.ts";
import { serverFiles } from "./serverFiles.ts";

export type K3sSettings = z.infer<typeof k3sSettings>;
type Json = z.infer<ReturnType<typeof z.json>>;
export type Config = Record<string, Json>;

export interface NodeSpec {
  host: Host;
  settings: K3sSettings;
  /** Address of the first server, for agents. */
  serverAddress: string;
}

/** Where the other nodes reach a host. */
export function nodeAddress(host: Host, settings: Pick<K3sSettings, "nodeAddress">): string {
  if (settings.nodeAddress === "public") return host.address;
  if (host.privateAddress !== "") return host.privateAddress;
  throw new Error(`host ${host.name} has no private address: set sophia-infra:k3s.nodeAddress to public`);
}

/** Labels of a node: by role, by GPU, and the host's own. */
export function nodeLabels(host: Host): Record<string, string> {
  const roles = hostRoles.filter((role) => role !== "agent" && host.roles.includes(role));
  return {
    ...Object.fromEntries(roles.map((role) => [`sophia.ai/role-${role}`, "true"])),
    ...(host.gpus > 0 ? { "nvidia.com/gpu.present": "true" } : {}),
    ...host.labels,
  };
}

const kubeletArgs = [
  "streaming-connection-idle-timeout=5m",
  "pod-max-pids=4096",
  // K3s's own is a share of the disk, 5 %: of a host's terabytes more than its health asks for. What `health.py` reports as
  // a full disk must come first.
  "eviction-hard=imagefs.available<5Gi,nodefs.available<5Gi",
  "eviction-minimum-reclaim=imagefs.available=5Gi,nodefs.available=5Gi",
  "tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256," +
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384," +
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

/** From K3s's hardening guide, without AlwaysPullImages, which breaks images that were imported on the host. */
const apiserverArgs = [
  "enable-admission-plugins=NodeRestriction,EventRateLimit",
  `admission-control-config-file=${serverFiles.admission.path}`,
  `audit-policy-file=${serverFiles.auditPolicy.path}`,
  "audit-log-path=/var/lib/rancher/k3s/server/logs/audit.log",
  "audit-log-maxage=30",
  "audit-log-maxbackup=10",
  "audit-log-maxsize=100",
  "service-account-extend-token-expiration=false",
];

function addresses({ host, settings }: NodeSpec): Config {
  const known: Config = host.privateAddress === "" ? {} : { "node-ip": host.privateAddress };
  // A rented host may have its public address on a gateway only: others reach it there, itself by publicAddress.service.
  return settings.nodeAddress === "public" ? { ...known, "node-external-ip": host.address } : known;
}

function common(spec: NodeSpec): Config {
  const labels = Object.entries(nodeLabels(spec.host)).map(([key, value]) => `${key}=${value}`);
  return {
    "node-name": nodeName(spec.host),
    ...addresses(spec),
    "node-label": labels.sort(),
    ...(spec.host.taints.length === 0 ? {} : { "node-taint": [...spec.host.taints].sort() }),
    "protect-kernel-defaults": true,
    "kubelet-arg": kubeletArgs,
  };
}

function serverConfig(spec: NodeSpec): Config {
  const { host, settings } = spec;
  return {
    ...common(spec),
    "cluster-init": true,
    "tls-san": [...new Set([host.address, host.privateAddress])].filter((address) => address !== ""),
    "cluster-cidr": settings.clusterCidr,
    "service-cidr": settings.serviceCidr,
    // Nginx is reached on the nodes' own ports 80 and 443.
    "service-node-port-range": "80-443",
    "flannel-backend": settings.flannelBackend,
    ...(settings.nodeAddress === "public" ? { "flannel-external-ip": true } : {}),
    // Not its metrics-server: autoscalers read CPU from it.
    disable: ["traefik", "servicelb"],
    "secrets-encryption": true,
    "write-kubeconfig-mode": "0600",
    "kube-apiserver-arg": apiserverArgs,
    "kube-controller-manager-arg": ["terminated-pod-gc-threshold=100"],
    "etcd-snapshot-schedule-cron": settings.snapshots.schedule,
    "etcd-snapshot-retention": settings.snapshots.retention,
  };
}

function agentConfig(spec: NodeSpec): Config {
  return { ...common(spec), server: `https://${spec.serverAddress}:${kubernetesApiPort}` };
}

/**
 * A node's `config.yaml` without its tokens. `extraConfig` is applied last: a key replaces the generated one, `key+` adds to the generated list,
 * and agents get only what `k3s agent` knows.
 */
export function nodeConfig(spec: NodeSpec): Config {
  const kind = nodeKind(spec.host);
  const config = kind === "server" ? serverConfig(spec) : agentConfig(spec);
  for (const [given, value] of Object.entries(spec.settings.extraConfig)) {
    const key = given.replace(/\+$/, "");
    if (kind === "agent" && !agentKeys.has(key)) continue;
    config[key] = given.endsWith("+") ? [...asList(config[key]), ...asList(value)] : value;
  }
  return config;
}

const asList = (value: Json | undefined): Json[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** The file's text; keys are sorted, so that the same settings always give the same text. */
export function configText(config: Config): string {
  return stringify(config, { sortMapEntries: true, lineWidth: 0 });
}

/** The configuration that takes a restart to change: without labels and taints, which only the registration of a node reads. */
export function restartText(config: Config): string {
  return configText(Object.fromEntries(Object.entries(config).filter(([key]) => !registrationKeys.has(key))));
}

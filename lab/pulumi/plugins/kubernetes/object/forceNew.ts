import type { KubeObject } from "./access.ts";
import { at } from "./access.ts";
import { isSecret, kindOfObject } from "./kind.ts";

export interface Mutability {
  /** Change Secrets in place instead of replacing them. Default false. */
  enableSecretMutable: boolean;
  /** Change ConfigMaps in place instead of replacing them. Default false. */
  enableConfigMapMutable: boolean;
}

const below = (prefix: string, names: string): string[] =>
  names.split(/\s+/).map((name) => `${prefix}.${name}`);

const container = `args command env image imagePullPolicy lifecycle livenessProbe ports readinessProbe resources
  securityContext stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts
  workingDir`;
const pod = [
  ...below(
    ".spec",
    `affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC hostNetwork
    hostPID hostname imagePullSecrets nodeName nodeSelector overhead preemptionPolicy priority priorityClassName
    readinessGates restartPolicy runtimeClassName schedulerName securityContext serviceAccount serviceAccountName
    shareProcessNamespace subdomain terminationGracePeriodSeconds volumes`,
  ),
  ...below(".spec.containers[*]", container),
  ...below(".spec.initContainers[*]", container),
];
const volume = below(
  ".spec",
  `awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker gcePersistentDisk glusterfs
  hostPath iscsi local nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume`,
);

/** Immutable properties of built-in kinds, by group, version and kind. */
const table: Record<string, string[]> = {
  "apps/v1/DaemonSet": [".spec.selector"],
  "apps/v1/Deployment": [".spec.selector"],
  "apps/v1/StatefulSet": below(
    ".spec",
    "podManagementPolicy revisionHistoryLimit selector serviceName volumeClaimTemplates",
  ),
  "batch/v1/Job": below(".spec", "completions parallelism selector template"),
  "/v1/PersistentVolume": volume,
  "/v1/PersistentVolumeClaim": below(".spec", "accessModes selector storageClassName volumeName"),
  "/v1/Pod": pod,
  "/v1/ResourceQuota": [".spec.scopes"],
  "/v1/Secret": [".type"],
  "/v1/Service": [".spec.clusterIP"],
  "policy/v1beta1/PodDisruptionBudget": [".spec"],
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": [".roleRef"],
  "rbac.authorization.k8s.io/v1/RoleBinding": [".roleRef"],
  "storage.k8s.io/v1/StorageClass": [".parameters", ".provisioner"],
};

/** Paths whose change replaces the object, including name and namespace. */
export function forceNewProperties(object: KubeObject, mutability: Mutability): string[] {
  const { group, version, kind } = kindOfObject(object);
  const identity = [".metadata.name", ".metadata.namespace"];
  const immutable = at(object, "immutable") === true;
  const isConfigMap = group === "" && kind === "ConfigMap";
  if (isSecret(object) && (immutable || !mutability.enableSecretMutable))
    return [...identity, ".type", ".stringData", ".data"];
  if (isConfigMap && (immutable || !mutability.enableConfigMapMutable))
    return [...identity, ".binaryData", ".data"];
  return [...identity, ...(table[`${group}/${version}/${kind}`] ?? [])];
}

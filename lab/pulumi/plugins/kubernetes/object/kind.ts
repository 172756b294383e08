import type { KubeObject } from "./access.ts";
import { kindOf, text } from "./access.ts";

/** Group, version and kind. The core group is the empty string. */
export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

const packageName = "kubernetes";

/** The kind of a type token: `kubernetes:<group>/<version>:<Kind>`. */
export function kindOfType(type: string): GroupVersionKind {
  const [owner, module = "", kind = ""] = type.split(":");
  if (owner !== packageName) throw new Error(`unrecognized resource type: "${type}" for this provider`);
  const [group = "", version, more] = module.split("/");
  if (!version || more !== undefined)
    throw new Error(`apiVersion does not have both a group and a version: "${module}"`);
  return { group: group === "core" ? "" : group, version, kind };
}

/** The kind of an object, with its group and version. */
export function kindOfObject(object: KubeObject): GroupVersionKind {
  const apiVersion = text(object, "apiVersion");
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "" : apiVersion.slice(0, slash);
  return {
    group: group === "core" ? "" : group,
    version: apiVersion.slice(slash + 1),
    kind: kindOf(object),
  };
}

/** `apiVersion` of a kind. */
export const apiVersionOf = ({ group, version }: GroupVersionKind): string =>
  group ? `${group}/${version}` : version;
/** A kind in messages: `apps/v1/Deployment`. */
export const describeKind = (gvk: GroupVersionKind): string => `${apiVersionOf(gvk)}/${gvk.kind}`;

const builtInGroups = new Set([
  "",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "apps",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "extensions",
  "flowcontrol.apiserver.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "resource.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
  "storagemigration.k8s.io",
]);
/** Whether the kind is part of Kubernetes, so that its objects have one canonical form. */
export const isBuiltIn = (gvk: GroupVersionKind): boolean => builtInGroups.has(gvk.group);

const namespacedKinds = new Set(
  `Binding ConfigMap ControllerRevision CronJob CSIStorageCapacity DaemonSet Deployment Endpoints EndpointSlice
  Event HorizontalPodAutoscaler Ingress Job Lease LimitRange NetworkPolicy PersistentVolumeClaim Pod
  PodDisruptionBudget PodTemplate ReplicaSet ReplicationController ResourceQuota Role RoleBinding Secret Service
  ServiceAccount StatefulSet`.split(/\s+/),
);
const clusterKinds = new Set(
  `APIService CertificateSigningRequest ClusterRole ClusterRoleBinding CSIDriver CSINode CustomResourceDefinition
  FlowSchema IngressClass MutatingWebhookConfiguration Namespace Node PersistentVolume PriorityClass
  PriorityLevelConfiguration RuntimeClass StorageClass ValidatingAdmissionPolicy
  ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment`.split(/\s+/),
);

/** Whether a built-in kind is namespaced; undefined for custom kinds. */
export function knownScope(gvk: GroupVersionKind): boolean | undefined {
  if (!isBuiltIn(gvk)) return undefined;
  if (namespacedKinds.has(gvk.kind)) return true;
  return clusterKinds.has(gvk.kind) ? false : undefined;
}

/** Whether an object defines a kind. */
export const isCustomResourceDefinition = (object: KubeObject): boolean =>
  kindOf(object) === "CustomResourceDefinition" && kindOfObject(object).group === "apiextensions.k8s.io";
/** Whether an object is Kubernetes's Secret. */
export const isSecret = (object: KubeObject): boolean =>
  kindOf(object) === "Secret" && kindOfObject(object).group === "";

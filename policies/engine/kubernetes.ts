import type { KubernetesObject, Subject } from "./rule.ts";
import { type Json, list, object } from "./values.ts";

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** A Kubernetes object, if that is what it is. */
export function asKubernetes(body: Json): KubernetesObject | undefined {
  const metadata = object(body.metadata);
  if (typeof body.kind !== "string" || typeof body.apiVersion !== "string") return undefined;
  const namespace = text(metadata.namespace);
  return {
    apiVersion: body.apiVersion,
    kind: body.kind,
    name: text(metadata.name) ?? "",
    ...(namespace === undefined ? {} : { namespace }),
    labels: object(metadata.labels),
    body,
  };
}

export interface Pod {
  spec: Json;
  /** Labels of the pods. */
  labels: Json;
  /** Where the pod's spec is in the object. */
  path: string;
  /** Ends by itself: a Job's. */
  finite: boolean;
  containers: Container[];
}

export interface Container {
  body: Json;
  name: string;
  path: string;
  /** Runs before the others, and ends. */
  init: boolean;
}

/** Where each kind keeps the template of its pods. */
const templates: Record<string, string[]> = {
  Deployment: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  ReplicaSet: ["spec", "template"],
  ReplicationController: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
  PodTemplate: ["template"],
  Pod: [],
};

/** The pod of a workload. Kinds of operators are left to them: what they write there is only a sketch. */
export function podOf(subject: Subject): Pod | undefined {
  const kubernetes = subject.kubernetes;
  const keys =
    kubernetes && Object.hasOwn(templates, kubernetes.kind) ? templates[kubernetes.kind] : undefined;
  if (!kubernetes || !keys) return undefined;
  const template = keys.reduce((at, key) => object(at[key]), kubernetes.body);
  const spec = object(template.spec);
  const path = [...keys, "spec"].join(".");
  return {
    spec,
    labels: object(object(template.metadata).labels),
    path,
    finite: kubernetes.kind === "Job" || kubernetes.kind === "CronJob",
    containers: [...containers(spec, "initContainers", path), ...containers(spec, "containers", path)],
  };
}

const containers = (spec: Json, key: string, path: string): Container[] =>
  list(spec[key]).map((body, index) => ({
    body,
    name: text(body.name) ?? String(index),
    path: `${path}.${key}[${index}]`,
    // One that restarts always is a sidecar.
    init: key === "initContainers" && body.restartPolicy !== "Always",
  }));

/** A field of a container's security context, or of its pod's where the container says nothing. */
export function security(pod: Pod, container: Container, field: string): unknown {
  return object(container.body.securityContext)[field] ?? object(pod.spec.securityContext)[field];
}

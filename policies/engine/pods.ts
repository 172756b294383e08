import type { Subject } from "./rule.ts";
import { isOpaque, type Json, object } from "./values.ts";

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
  path: string;
  /** Runs before the others, and ends. */
  init: boolean;
}

/** Where each kind keeps the template of its pods. */
const templates: ReadonlyMap<string, string[]> = new Map([
  ...["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"].map(
    (kind): [string, string[]] => [kind, ["spec", "template"]],
  ),
  ["CronJob", ["spec", "jobTemplate", "spec", "template"]],
  ["PodTemplate", ["template"]],
  ["Pod", []],
]);
const finite = new Set(["Job", "CronJob"]);

/** The pod of a workload. Pod templates of operators' kinds are not read: the operator completes them. */
export function podOf(subject: Subject): Pod | undefined {
  const { kubernetes } = subject;
  const keys = templates.get(kubernetes?.kind ?? "");
  if (!kubernetes || !keys) return undefined;
  const template = keys.reduce((at, key) => object(at[key]), kubernetes.body);
  const spec = object(template.spec);
  // A pod that is missing or unknown cannot be evaluated.
  if (Object.keys(spec).length === 0) return undefined;
  const path = [...keys, "spec"].join(".");
  return {
    spec,
    labels: object(object(template.metadata).labels),
    path,
    finite: finite.has(kubernetes.kind),
    containers: [...containers(spec, "initContainers", path), ...containers(spec, "containers", path)],
  };
}

/** The containers that are known. */
const containers = (spec: Json, key: string, path: string): Container[] =>
  (Array.isArray(spec[key]) ? spec[key] : []).flatMap((given: unknown, index) => {
    if (isOpaque(given)) return [];
    const body = object(given);
    // One that restarts always is a sidecar.
    const init = key === "initContainers" && body.restartPolicy !== "Always";
    return [{ body, path: `${path}.${key}[${index}]`, init }];
  });

/**
 * A field of a container's security context, or of its pod's where the container says nothing; a context that is not
 * known itself where that one decides.
 */
export function security(pod: Pod, container: Container, field: string): unknown {
  const of = (context: unknown) => (isOpaque(context) ? context : object(context)[field]);
  return of(container.body.securityContext) ?? of(pod.spec.securityContext);
}

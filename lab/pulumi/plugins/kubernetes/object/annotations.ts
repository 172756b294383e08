import type { KubeObject } from "./access.ts";
import { annotation, isMap, put } from "./access.ts";

export const annotations = {
  autonamed: "pulumi.com/autonamed",
  skipAwait: "pulumi.com/skipAwait",
  waitFor: "pulumi.com/waitFor",
  timeoutSeconds: "pulumi.com/timeoutSeconds",
  replaceUnready: "pulumi.com/replaceUnready",
  patchForce: "pulumi.com/patchForce",
  patchFieldManager: "pulumi.com/patchFieldManager",
  deletionPropagationPolicy: "pulumi.com/deletionPropagationPolicy",
} as const;

/** Whether an annotation is `"true"`. */
export const isTrue = (object: KubeObject, key: string): boolean => annotation(object, key) === "true";

/** Marks an automatically named object, unless its annotations are unknown yet. */
export function markAutonamed(object: KubeObject): void {
  const metadata = object.metadata ?? {};
  if (isMap(metadata) && (metadata.annotations === undefined || isMap(metadata.annotations)))
    put(object, "true", "metadata", "annotations", annotations.autonamed);
}

/** Seconds to wait for an object: from the resource option, else from the annotation. Default: 600. */
export function timeoutOf(customTimeout: number, inputs: KubeObject): number {
  if (customTimeout > 0) return customTimeout;
  const annotated = annotation(inputs, annotations.timeoutSeconds);
  return /^\d+$/.test(annotated) ? Number(annotated) : 600;
}

/** How dependents are deleted: before the object, after it, or not at all. Default: before. */
export function propagationPolicyOf(inputs: KubeObject): "Orphan" | "Background" | "Foreground" {
  switch (annotation(inputs, annotations.deletionPropagationPolicy).toLowerCase()) {
    case "orphan":
      return "Orphan";
    case "background":
      return "Background";
    default:
      return "Foreground";
  }
}

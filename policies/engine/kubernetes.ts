import type { KubernetesObject } from "./rule.ts";
import { type Json, object } from "./values.ts";

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** A Kubernetes object, if that is what it is. */
export function asKubernetes(body: Json): KubernetesObject | undefined {
  const metadata = object(body.metadata);
  if (typeof body.kind !== "string" || typeof body.apiVersion !== "string") return undefined;
  // An empty one is none to Kubernetes.
  const namespace = text(metadata.namespace) || undefined;
  return {
    apiVersion: body.apiVersion,
    kind: body.kind,
    name: text(metadata.name) ?? "",
    ...(namespace === undefined ? {} : { namespace }),
    labels: object(metadata.labels),
    body,
  };
}

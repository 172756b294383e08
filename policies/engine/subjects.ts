import type { Resource } from "../analyzer/wire.ts";
import { asKubernetes } from "./kubernetes.ts";
import type { Subject } from "./rule.ts";
import { type Json, list } from "./values.ts";

/**
 * A body and, if it is a `List` (or a `DeploymentList` …), the objects in it: Kubernetes creates each of them. Items of a
 * typed list may leave out what its kind says.
 */
function withItems(body: Json): Json[] {
  const { apiVersion, kind, items } = body;
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items)) return [body];
  const typed = kind === "List" ? {} : { apiVersion, kind: kind.slice(0, -"List".length) };
  return [body, ...list(items).flatMap((item) => withItems({ ...typed, ...item }))];
}

/** An object inside a resource as a subject; none for what is not a Kubernetes object. */
function inside(owner: string, body: Json, namespace?: string): Subject[] {
  const given = asKubernetes(body);
  if (!given) return [];
  const place = given.namespace ?? namespace;
  const kubernetes = place === undefined ? given : { ...given, namespace: place };
  const name = `${owner}/${kubernetes.kind}/${kubernetes.name}`;
  return [{ type: `helm:${kubernetes.kind}`, name, props: body, kubernetes }];
}

/** A resource and, if it is a list of Kubernetes objects, the objects in it, as subjects. Pure. */
export function resourceSubjects({
  type,
  name,
  props,
}: Pick<Resource, "type" | "name" | "props">): [Subject, ...Subject[]] {
  if (!type.startsWith("kubernetes:")) return [{ type, name, props }];
  const kubernetes = asKubernetes(props);
  const [, ...items] = withItems(props);
  return [
    { type, name, props, ...(kubernetes && { kubernetes }) },
    ...items.flatMap((body) => inside(name, body)),
  ];
}

/** The objects that a Helm release sends to Kubernetes, as subjects. Pure. */
export const manifestSubjects = (release: string, objects: Json[], namespace?: string): Subject[] =>
  objects.flatMap(withItems).flatMap((body) => inside(release, body, namespace));

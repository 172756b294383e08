import type { Told } from "../analyzer/wire.ts";
import { asKubernetes } from "./kubernetes.ts";
import type { Subject } from "./rule.ts";
import type { Json } from "./values.ts";

/** A resource as a rule's subject. */
export function resourceSubject({ type, name, props }: Pick<Told, "type" | "name" | "props">): Subject {
  const kubernetes = type.startsWith("kubernetes:") ? asKubernetes(props) : undefined;
  return { type, name, props, ...(kubernetes ? { kubernetes } : {}) };
}

/** The objects that a Helm release sends to Kubernetes, as subjects. Pure. */
export function manifestSubjects(release: string, objects: Json[], namespace?: string): Subject[] {
  return objects.flatMap((body): Subject[] => {
    const given = asKubernetes(body);
    if (!given) return [];
    const place = given.namespace ?? namespace;
    const kubernetes = place === undefined ? given : { ...given, namespace: place };
    const name = `${release}/${kubernetes.kind}/${kubernetes.name}`;
    return [{ type: `helm:${kubernetes.kind}`, name, props: body, kubernetes }];
  });
}

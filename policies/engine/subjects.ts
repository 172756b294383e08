import { Secret } from "@pulumi/policy";
import { asKubernetes } from "./kubernetes.ts";
import type { Subject } from "./rule.ts";
import { Hidden, type Json, object, unknown } from "./values.ts";

/** The SDK's proxies give their target under this name. */
const target = "__getSpecialProxyTarget";

/** What the engine sends for values that are not known yet, by kind. */
const unknowns = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

function bare(value: unknown): unknown {
  let inner = value;
  while (typeof inner === "object" && inner !== null && (inner as Json)[target] !== undefined) {
    inner = (inner as Json)[target];
  }
  return inner;
}

/**
 * A resource's properties as the SDK hands them to a policy, with secrets and unknowns marked. Where the SDK has laid
 * secrets open already, they are judged like any other value: too much is reported then, never too little.
 */
export function marked(given: unknown): unknown {
  const value = bare(given);
  if (value instanceof Secret) return new Hidden(marked(value.value));
  if (typeof value === "string") return unknowns.has(value) ? unknown : value;
  if (Array.isArray(value)) return value.map(marked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, marked(each)]));
}

/** A resource as a rule's subject. */
export function resourceSubject(resource: { type: string; name: string; props: unknown }): Subject {
  const props = object(marked(resource.props));
  const kubernetes = resource.type.startsWith("kubernetes:") ? asKubernetes(props) : undefined;
  return { type: resource.type, name: resource.name, props, ...(kubernetes ? { kubernetes } : {}) };
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

import { nameOf, namespaceOf } from "../object/access.ts";
import { apiVersionOf, kindOfObject } from "../object/kind.ts";
import { parseManifest } from "../yaml/decode.ts";

/** Names of a manifest's objects, sorted, by `<Kind>.<group>/<apiVersion>`. */
export function resourceNames(manifest: string): Record<string, string[]> {
  const names: Record<string, Set<string>> = {};
  for (const object of parseManifest(manifest)) {
    const gvk = kindOfObject(object);
    const key = `${gvk.kind}${gvk.group ? `.${gvk.group}` : ""}/${apiVersionOf(gvk)}`;
    const namespace = namespaceOf(object);
    names[key] ??= new Set();
    names[key].add(namespace ? `${namespace}/${nameOf(object)}` : nameOf(object));
  }
  return Object.fromEntries(Object.entries(names).map(([key, found]) => [key, [...found].sort()]));
}

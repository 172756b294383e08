import { parseAllDocuments } from "yaml";
import { namespaceOf, put, text } from "../object/access.ts";
import { kindOfObject } from "../object/kind.ts";
import { isNamespaced, type Session } from "../provider/session.ts";
import { isObject, type Plain, type PlainObject, type Properties } from "../rpc/values.ts";

/** The objects in a manifest of many documents, in their order; empty documents are left out. */
export function parseManifest(manifest: string): PlainObject[] {
  const documents = parseAllDocuments(manifest, { version: "1.1", merge: true, uniqueKeys: false });
  const objects: PlainObject[] = [];
  if (!Array.isArray(documents)) return objects;
  for (const document of documents) {
    const [error] = document.errors;
    if (error) throw new Error(`the manifest is not valid YAML: ${error.message}`, { cause: error });
    const value = JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: -1 }) ?? null)) as Plain;
    if (isObject(value) && text(value as PlainObject, "kind") && text(value as PlainObject, "apiVersion"))
      objects.push(value as PlainObject);
  }
  return objects;
}

/** The function `kubernetes:yaml:decode`, which `yaml.ConfigFile` and `yaml.ConfigGroup` call. */
export async function decodeYaml(session: Session, args: Properties): Promise<Properties> {
  const { text: manifest, defaultNamespace } = args;
  if (typeof manifest !== "string") throw new Error("missing required field 'text' of type string");
  const objects = parseManifest(manifest);
  if (typeof defaultNamespace === "string" && defaultNamespace !== "")
    for (const object of objects)
      if (namespaceOf(object) === "" && (await isNamespaced(session, kindOfObject(object))))
        put(object, defaultNamespace, "metadata", "namespace");
  return { result: objects as Properties[] };
}

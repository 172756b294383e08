import { CORE_SCHEMA, loadAll, mergeTag } from "js-yaml";
import { messageOf } from "../../../../../components/core/errors.ts";
import type { Plain, PlainObject, Properties } from "../../kit/values.ts";
import { isMap, namespaceOf, put, text } from "../object/access.ts";
import { kindOfObject } from "../object/kind.ts";
import { isNamespaced, type Session } from "../provider/session.ts";

/** YAML as in Kubernetes: dates are strings, merge keys are supported. */
const schema = CORE_SCHEMA.withTags(mergeTag);

/** The objects of a manifest, in the order of its documents, without empty documents. */
export function parseManifest(manifest: string): PlainObject[] {
  let documents: Plain[];
  try {
    documents = loadAll(manifest, { schema }) as Plain[];
  } catch (error) {
    const reason = messageOf(error);
    throw new Error(`the manifest is not valid YAML: ${reason}`, { cause: error });
  }
  return documents.filter(
    (value): value is PlainObject =>
      isMap(value) && text(value, "kind") !== "" && text(value, "apiVersion") !== "",
  );
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

import type { CheckRequest, CheckResult } from "../../kit/provider.ts";
import type { Properties } from "../../kit/values.ts";
import { at, isMap, namespaceOf, put } from "../object/access.ts";
import { annotations } from "../object/annotations.ts";
import { toObject } from "../object/checkpoint.ts";
import { apiVersionOf, isCustomResourceDefinition, kindOfType } from "../object/kind.ts";
import { adoptAutoname, autoname, isGenerateName } from "../object/naming.ts";
import { normalize } from "../object/normalize.ts";
import { annotateSecrets } from "../object/secrets.ts";
import { isNamespaced, type Session } from "../provider/session.ts";

/** @throws with the type's name if the plugin does not support it */
export function refuseUnsupported(type: string): void {
  const { kind } = kindOfType(type);
  if (kind.endsWith("Patch"))
    throw new Error(`the lab's kubernetes plugin does not support Patch resources: ${type}`);
  if (kind.endsWith("List"))
    throw new Error(
      `list resources exist for compatibility with YAML manifests and Helm charts, and cannot be created directly: ${type}. ` +
        "Use the underlying resource type instead",
    );
}

/** The inputs as they are stored: normalized, with name and namespace. */
export async function check(session: Session, request: CheckRequest): Promise<CheckResult> {
  const { type, name, urn } = request;
  if (!session.cluster && session.settings.skipUpdateUnreachable) {
    session.log.log(
      "warning",
      urn,
      "Cluster is unreachable but skipUpdateUnreachable flag is set to true, skipping...",
    );
    return { inputs: request.olds, failures: [] };
  }
  refuseUnsupported(type);
  const gvk = kindOfType(type);
  const old = toObject(request.olds);
  const object = normalize(toObject(request.news));
  const written = at(object, "metadata", "annotations");
  if (isMap(written) && written[annotations.autonamed] !== undefined)
    session.log.log(
      "warning",
      urn,
      `ignoring user-specified value for internal annotation "${annotations.autonamed}"`,
    );
  if (Object.keys(old).length > 0) adoptAutoname(object, old);
  else autoname(object, name, request);
  if (isGenerateName(object))
    throw new Error("the `.metadata.generateName` field is not supported in Server-Side Apply mode");
  object.apiVersion ??= apiVersionOf(gvk);
  object.kind ??= gvk.kind;
  if (namespaceOf(object) === "" && at(object, "metadata", "namespace") === undefined) {
    if (await isNamespaced(session, gvk)) put(object, session.defaultNamespace, "metadata", "namespace");
  }
  if (isCustomResourceDefinition(object)) session.cluster?.discovery.announce(object);
  const inputs = object as Properties;
  annotateSecrets(inputs, request.news);
  return { inputs, failures: [] };
}

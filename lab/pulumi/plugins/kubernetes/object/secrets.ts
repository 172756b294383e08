import { hasSecret, isObject, type Properties, Secret } from "../../kit/values.ts";

const asSecret = (properties: Properties, key: string): void => {
  const value = properties[key];
  if (value !== undefined && !(value instanceof Secret)) properties[key] = new Secret(value);
};

/**
 * Marks as secret in `outs` what is secret in `ins`, and the contents of every Secret. A list that contains a secret
 * becomes secret as a whole, because the server may reorder it.
 */
export function annotateSecrets(outs: Properties, ins: Properties): void {
  if (outs.kind === "Secret") {
    asSecret(outs, "data");
    asSecret(outs, "stringData");
    return;
  }
  for (const [key, source] of Object.entries(ins)) {
    const target = outs[key];
    if (target === undefined) continue;
    if (isObject(target) && isObject(source)) annotateSecrets(target, source);
    else if (hasSecret(source)) asSecret(outs, key);
  }
}

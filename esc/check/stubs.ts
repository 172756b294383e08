import { stringify } from "yaml";
import { type AnySecretName, type Secret, secrets } from "../../components/settings/environment/secrets.ts";
import { valuesOf } from "../../components/settings/environment/uses.ts";

/** The stub of a secret's value: its address. */
export const marker = (secret: Pick<Secret, "scope" | "path">, stage: string) =>
  `${valuesOf(secret, stage)}#${secret.path}`;

/** Which secrets are set: all of the list, or only the required ones. */
export type Filled = "all" | "required";

/**
 * Stubs of the environments that hold values and are not in git. The value of each secret is its own address, which shows
 * where it is used. Pure.
 */
export function valueEnvironments(stages: readonly string[], filled: Filled): Record<string, string> {
  const trees: Record<string, Record<string, Record<string, object>>> = {};
  for (const name of Object.keys(secrets) as AnySecretName[]) {
    const secret: Secret = secrets[name];
    if (filled === "required" && !secret.required) continue;
    for (const stage of stages) {
      const [area = "", key = ""] = secret.path.split(".");
      const environment = valuesOf(secret, stage);
      const tree = trees[environment] ?? {};
      trees[environment] = {
        ...tree,
        [area]: { ...tree[area], [key]: { "fn::secret": marker(secret, stage) } },
      };
    }
  }
  // An environment without values exists, too.
  for (const stage of ["base", ...stages]) trees[`sophia/${stage}-secrets`] ??= {};
  return Object.fromEntries(Object.entries(trees).map(([name, values]) => [name, stringify({ values })]));
}

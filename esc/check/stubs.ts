import { stringify } from "yaml";
import { type AnySecretName, type Secret, secrets } from "../../components/settings/environment/secrets.ts";
import { valuesOf } from "../../components/settings/environment/uses.ts";

/** What stands for a secret's value: where it lies. */
export const marker = (secret: Pick<Secret, "scope" | "path">, stage: string) =>
  `${valuesOf(secret, stage)}#${secret.path}`;

/** Which secrets somebody has put in: all of the list, or only those that nothing goes without. */
export type Filled = "all" | "required";

/**
 * The environments that hold values and are not in git, with the list's secrets in their places. Instead of a value
 * each has its own address, so that one can see where it comes out. Pure.
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
  // One that holds nothing yet is there all the same.
  for (const stage of ["base", ...stages]) trees[`sophia/${stage}-secrets`] ??= {};
  return Object.fromEntries(Object.entries(trees).map(([name, values]) => [name, stringify({ values })]));
}

import { stringify } from "yaml";
import { type AnySecretName, type Secret, secrets } from "../../components/settings/environment/secrets.ts";
import { valuesOf } from "../../components/settings/environment/uses.ts";

/** What stands for a secret's value: where it lies. */
export const marker = (secret: Pick<Secret, "scope" | "path">, stage: string) =>
  `${valuesOf(secret, stage)}#${secret.path}`;

/**
 * The environments that hold values and are not in git, with every secret of the list in its place. Instead of a value
 * each has its own address, so that one can see where it comes out. Pure.
 */
export function valueEnvironments(stages: readonly string[]): Record<string, string> {
  const trees: Record<string, Record<string, Record<string, object>>> = {};
  for (const name of Object.keys(secrets) as AnySecretName[]) {
    const secret = secrets[name];
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
  return Object.fromEntries(Object.entries(trees).map(([name, values]) => [name, stringify({ values })]));
}

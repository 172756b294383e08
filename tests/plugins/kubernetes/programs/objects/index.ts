import type { ProviderArgs } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** One resource of the program. `{ "$of": "<resource>.<path>" }` in the arguments is an output of another one. */
interface Entry {
  /** Path of the class in the SDK, e.g. `core.v1.ConfigMap`. */
  kind: string;
  args: Record<string, unknown>;
  dependsOn?: string[];
  deletedWith?: string;
  options?: pulumi.CustomResourceOptions;
}
type Constructor = new (
  name: string,
  args: unknown,
  options: pulumi.CustomResourceOptions,
) => pulumi.CustomResource;

/** A class of the SDK by its path; the whole SDK takes seconds to load. */
async function load(path: string): Promise<Constructor> {
  const parts = path.split(".");
  const name = parts.at(-1) ?? "";
  const file = [...parts.slice(0, -1), `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`].join("/");
  const module = await import(`@pulumi/kubernetes/${file}.js`);
  return module[name];
}

const config = new pulumi.Config();
const settings = config.getObject<ProviderArgs>("provider") ?? {};
const Provider = (await load("Provider")) as unknown as new (
  name: string,
  args: ProviderArgs,
) => pulumi.ProviderResource;
const provider = new Provider("cluster", {
  kubeconfig: config.requireSecret("kubeconfig"),
  ...settings,
});
const made = new Map<string, pulumi.CustomResource>();

const find = (name: string): pulumi.CustomResource => {
  const resource = made.get(name);
  if (!resource) throw new Error(`the program has no resource ${name} yet`);
  return resource;
};

function resolve(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value !== "object" || value === null) return value;
  if ("$secret" in value) return pulumi.secret(value.$secret);
  if ("$of" in value) {
    const [name = "", ...path] = String(value.$of).split(".");
    const outputs = find(name) as unknown as Record<string, pulumi.Output<unknown> | undefined>;
    const output: pulumi.Output<unknown> = pulumi.output(outputs[path[0] ?? ""]);
    const follow = (found: unknown) =>
      path.slice(1).reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], found);
    return output.apply(follow);
  }
  return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, resolve(element)]));
}

for (const [name, entry] of config.requireObject<[string, Entry][]>("resources")) {
  const Resource = await load(entry.kind);
  made.set(
    name,
    new Resource(name, resolve(entry.args), {
      provider,
      dependsOn: (entry.dependsOn ?? []).map(find),
      ...(entry.deletedWith ? { deletedWith: find(entry.deletedWith) } : {}),
      ...entry.options,
    }),
  );
}

export const ids = Object.fromEntries([...made].map(([name, resource]) => [name, resource.id]));

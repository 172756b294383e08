import * as pulumi from "@pulumi/pulumi";

/** What Pulumi sends in a preview for a value that is not known yet. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * A resource whose create, read, update and delete are code of this repository, run by Pulumi's dynamic provider.
 *
 * Pulumi stores a dynamic provider's code in the state and compares it on every run. `pulumi.dynamic.Resource` puts the
 * whole closure there, so that every change of the code is a change of every resource, and delete runs yesterday's
 * code. Here the stored text only names the module; what runs is always today's.
 *
 * Pulumi updates its own entry for the dynamic provider whenever any configuration value changed, and cuts off what that
 * provider is doing at the moment. It does so when the program registers its first dynamic resource: that one must come
 * before whatever else can set off the replacement of a dynamic resource, as the fleet does in `index.ts`.
 *
 * @param type Token behind `pulumi-nodejs:dynamic/`, e.g. `k3s:HostKey`.
 * @param module File from the repository's root, e.g. `k3s/ssh/hostKeyProvider.ts`; it exports `provider`, a
 *   `pulumi.dynamic.ResourceProvider`.
 * @param props Inputs, and every output as `undefined`.
 */
export abstract class DynamicResource extends pulumi.CustomResource {
  protected constructor(
    type: string,
    module: string,
    name: string,
    props: pulumi.Inputs,
    opts: pulumi.CustomResourceOptions = {},
  ) {
    super(`pulumi-nodejs:dynamic/${type}`, name, { ...props, __provider: providerText(module) }, opts);
  }
}

/**
 * What is stored in the state: CommonJS text that the dynamic provider evaluates. It looks for the module in the
 * program's folder and above, so that test programs inside the repository find it too.
 */
export function providerText(module: string): string {
  if (!/^[a-z][A-Za-z0-9/]*\.ts$/.test(module))
    throw new Error(`${module} is not a module of this repository`);
  return `exports.handler = () => {
  const { existsSync } = require("node:fs");
  const { dirname, join } = require("node:path");
  const { pathToFileURL } = require("node:url");
  const find = (dir) => {
    const file = join(dir, ${JSON.stringify(module)});
    if (existsSync(file)) return file;
    if (dirname(dir) === dir) throw new Error("no ${module} in " + process.cwd() + " or above: run pulumi inside the repository that made this stack");
    return find(dirname(dir));
  };
  const load = async () => (await import(pathToFileURL(find(process.cwd())).href)).provider;
  const methods = {};
  for (const method of ["configure", "check", "diff", "create", "read", "update", "delete"]) {
    methods[method] = async (...args) => {
      const provider = await load();
      if (provider[method]) return provider[method](...args);
      return defaults[method](...args);
    };
  }
  const defaults = {
    configure: () => undefined,
    check: (olds, news) => ({ inputs: news }),
    diff: () => ({}),
    read: (id, props) => ({ id, props }),
    update: (id, olds, news) => ({ outs: news }),
    delete: () => undefined,
  };
  return methods;
};
`;
}

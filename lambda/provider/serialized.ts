import type { dynamic } from "@pulumi/pulumi";

/** The resource types that have a handler in `runtime.ts`. */
export type Kind =
  | "Instance"
  | "InstanceClaim"
  | "SshKey"
  | "FileSystem"
  | "FirewallRuleset"
  | "FirewallRules";

/** What `runtime.ts` gives for a kind. */
export interface Runtime {
  providerFor(kind: Kind): dynamic.ResourceProvider;
}

/**
 * The provider that Pulumi writes into the state of every resource. Pulumi runs read and delete with the text that
 * is in the state, so this text does nothing but load today's program, which it finds upwards from the project's
 * folder; it holds no setting, no secret and no path, and must stay as it is from version to version.
 */
export function serializedProvider(kind: Kind): dynamic.ResourceProvider {
  const today = async () => {
    const { existsSync } = process.getBuiltinModule("node:fs");
    const { dirname, join } = process.getBuiltinModule("node:path");
    const { pathToFileURL } = process.getBuiltinModule("node:url");
    const file = "lambda/provider/runtime.ts";
    let folder = process.cwd();
    while (!existsSync(join(folder, file))) {
      if (dirname(folder) === folder) throw new Error(`no ${file} in ${process.cwd()} or above it`);
      folder = dirname(folder);
    }
    const runtime = await import(pathToFileURL(join(folder, file)).href);
    return runtime.providerFor(kind);
  };
  return {
    configure: async (request) => (await today()).configure(request),
    check: async (olds, news) => (await today()).check(olds, news),
    diff: async (id, olds, news) => (await today()).diff(id, olds, news),
    create: async (inputs) => (await today()).create(inputs),
    read: async (id, props) => (await today()).read(id, props),
    update: async (id, olds, news) => (await today()).update(id, olds, news),
    delete: async (id, props) => (await today()).delete(id, props),
  };
}

import type { dynamic } from "@pulumi/pulumi";
import type { Context } from "../reconcile/context.ts";
import { adapt } from "./adapter.ts";
import { contextFrom } from "./context.ts";
import { fileSystem } from "./handlers/fileSystem.ts";
import { firewallRules, firewallRuleset } from "./handlers/firewall.ts";
import { instance } from "./handlers/instance.ts";
import { instanceClaim } from "./handlers/instanceClaim.ts";
import { sshKey } from "./handlers/sshKey.ts";
import type { Kind } from "./serialized.ts";

let made: Promise<Context> | undefined;
let config: { get(key: string): string | undefined } | undefined;

/** One way to Lambda for all resources of this process. */
function context(): Promise<Context> {
  if (config === undefined) throw new Error("the provider was used before it was configured");
  const { get } = config;
  made ??= contextFrom(get.bind(config));
  return made;
}

const providers: Record<Kind, dynamic.ResourceProvider> = {
  Instance: adapt(instance, context),
  InstanceClaim: adapt(instanceClaim, context),
  SshKey: adapt(sshKey, context),
  FileSystem: adapt(fileSystem, context),
  FirewallRuleset: adapt(firewallRuleset, context),
  FirewallRules: adapt(firewallRules, context),
};

/** Entry point of the text in the state: see `serialized.ts`. */
export function providerFor(kind: Kind): dynamic.ResourceProvider {
  return {
    ...providers[kind],
    configure: async (request) => {
      config = request.config;
    },
  };
}

import * as pulumi from "@pulumi/pulumi";
import { providerText } from "./providerText.ts";

/**
 * A resource whose create, read, update and delete are code of this repository, run by Pulumi's dynamic provider.
 *
 * Pulumi stores a dynamic provider's code in the state and compares it on every run. `pulumi.dynamic.Resource` puts the
 * whole closure there, so that every change of the code is a change of every resource, and delete runs the code of the
 * last update. Here the stored text only names the module, and the current code runs. So a module that a state may name
 * is never moved: a refresh or a deletion would not find it.
 *
 * Pulumi updates its entry for the dynamic provider whenever any configuration value changed, and interrupts what that
 * provider is doing. It does so when the program registers its first dynamic resource: that one must be registered
 * before anything that can trigger the replacement of a dynamic resource, as the fleet is in `index.ts`.
 *
 * A resource is deleted before it is replaced, also where somebody asked for the replacement (`pulumi up --replace`,
 * `pulumi state taint`): the engine then asks no provider which comes first. By Pulumi's default the new one would find
 * what is there and take it over, and the deletion of the old one would then remove it from under the state.
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
    super(
      `pulumi-nodejs:dynamic/${type}`,
      name,
      { ...props, __provider: providerText(module) },
      pulumi.mergeOptions({ deleteBeforeReplace: true }, opts),
    );
  }
}

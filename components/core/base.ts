import * as pulumi from "@pulumi/pulumi";

/**
 * What all components share: a type token `sophia:<folder>:<Name>`, children named after their component, and outputs
 * that are registered. A component whose type or name changes replaces everything inside it.
 */
export abstract class Component extends pulumi.ComponentResource {
  readonly #name: string;

  /** @param type `<folder>:<Name>`, e.g. `services:Redis`. */
  protected constructor(type: string, name: string, opts: pulumi.ComponentResourceOptions = {}) {
    super(`sophia:${type}`, name, {}, opts);
    this.#name = name;
  }

  /** Logical name of a child: the component's name and a suffix, so that two components never clash. */
  protected childName(suffix: string): string {
    return `${this.#name}-${suffix}`;
  }

  /** Options of a child: it belongs to this component and inherits its providers. */
  protected child(opts: pulumi.CustomResourceOptions = {}): pulumi.CustomResourceOptions {
    return pulumi.mergeOptions({ parent: this }, opts);
  }
}

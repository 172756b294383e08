import * as pulumi from "@pulumi/pulumi";

/** How functions outside of a component name its children and bind them to it. */
export interface Scope {
  /** Logical name of a child of the component. */
  childName(suffix: string): string;
  /** Options of a child of the component. */
  child(opts?: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions;
}

/**
 * Base of all components: a type token `sophia:<folder>:<Name>`, and children named after their component. Every component
 * registers its outputs. A change of a component's type or name replaces everything inside it.
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

  /** For functions that create children of this component. */
  protected scope(): Scope {
    return { childName: (suffix) => this.childName(suffix), child: (opts) => this.child(opts) };
  }

  /** Options of a child: it belongs to this component and inherits its providers. */
  protected child(opts: pulumi.CustomResourceOptions = {}): pulumi.CustomResourceOptions {
    return pulumi.mergeOptions({ parent: this }, opts);
  }
}

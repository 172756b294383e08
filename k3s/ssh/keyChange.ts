import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../components/core/dynamic.ts";

export interface KeyChangeArgs {
  /** A change is another machine: it was launched with the new key, and is asked afresh. */
  machineId: pulumi.Input<string>;
  host: pulumi.Input<{ address: string; port: number; user: string }>;
  /** Pinned; a host that answers with another key is told nothing. */
  hostKey: pulumi.Input<string>;
  /** Secret. */
  keys: pulumi.Input<{
    privateKey: pulumi.Input<string>;
    publicKey: pulumi.Input<string>;
    previousPrivateKey: pulumi.Input<string>;
    previousPublicKey: pulumi.Input<string>;
  }>;
}

/**
 * Lets the new SSH key into a host that runs, by a login with the previous one. Made: the host takes both. Removed: it
 * takes the new one only. Keys that others put there stay.
 */
export class KeyChange extends DynamicResource {
  constructor(name: string, args: KeyChangeArgs, opts?: pulumi.CustomResourceOptions) {
    super("k3s:KeyChange", "k3s/ssh/keyChangeProvider.ts", name, { ...args }, opts);
  }
}

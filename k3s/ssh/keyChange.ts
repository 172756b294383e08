import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../components/core/provider/dynamic.ts";

export interface KeyChangeArgs {
  /** A change replaces the resource: another machine was launched with the new key. */
  machineId: pulumi.Input<string>;
  /** Where the host is reached, and the user whose keys change. */
  host: pulumi.Input<{ address: string; port: number; user: string }>;
  /** Pinned at first contact. A host that presents another key receives nothing. */
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
 * Authorizes the new SSH key on a running host, by a login with the previous one. While the resource exists, the host
 * accepts both keys; after its deletion, the new one only. Keys that others authorized stay.
 */
export class KeyChange extends DynamicResource {
  constructor(name: string, args: KeyChangeArgs, opts?: pulumi.CustomResourceOptions) {
    super("k3s:KeyChange", "k3s/ssh/keyChangeProvider.ts", name, { ...args }, opts);
  }
}

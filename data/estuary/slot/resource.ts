import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../../components/core/provider/dynamic.ts";
import type { SlotProps } from "./drop.ts";

type Later<T> = { [Key in keyof T]: pulumi.Input<T[Key]> };
export interface ReplicationSlotArgs extends Later<Omit<SlotProps, "tunnel">> {
  /** SSH tunnel to `address`. The key is secret. */
  tunnel: Later<SlotProps["tunnel"]>;
}

/**
 * The replication slot of the capture from PostgreSQL, which the capture makes for itself and leaves behind. Whatever
 * captures must depend on it: so it is dropped after the capture is deleted. A change of how it is reached is only
 * remembered.
 */
export class ReplicationSlot extends DynamicResource {
  constructor(name: string, args: ReplicationSlotArgs, options?: pulumi.CustomResourceOptions) {
    const { endpoint, privateKey } = args.tunnel;
    super(
      "estuary:ReplicationSlot",
      "data/estuary/slot/provider.ts",
      name,
      {
        ...args,
        password: pulumi.secret(args.password),
        tunnel: { endpoint, privateKey: pulumi.secret(privateKey) },
      },
      options,
    );
  }
}

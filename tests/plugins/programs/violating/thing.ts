import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../../../components/core/provider/dynamic.ts";

/** Never created: the program is only previewed. */
export const provider: pulumi.dynamic.ResourceProvider = {
  create: async () => {
    throw new Error("this resource is for previews only");
  },
};

/** A resource with the type of one of ours, and no account behind it. */
export class Thing extends DynamicResource {
  constructor(type: string, name: string, props: pulumi.Inputs) {
    super(type, "tests/plugins/programs/violating/thing.ts", name, props);
  }
}

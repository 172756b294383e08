import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../../../components/core/provider/dynamic.ts";

/** Stands for a rented machine, which is a dynamic resource too: another id is another machine, the old one goes first. */
export class Machine extends DynamicResource {
  declare readonly machineId: pulumi.Output<string>;

  constructor(name: string, machineId: string) {
    super("test:Machine", "tests/machines/cluster/program/machine.ts", name, { machineId });
  }
}

export const provider: pulumi.dynamic.ResourceProvider<{ machineId: string }, { machineId: string }> = {
  async diff(_id, olds, news) {
    const replaced = olds.machineId !== news.machineId;
    return { changes: replaced, replaces: replaced ? ["machineId"] : [], deleteBeforeReplace: true };
  },
  async create({ machineId }) {
    return { id: machineId, outs: { machineId } };
  },
};

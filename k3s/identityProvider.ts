import type * as pulumi from "@pulumi/pulumi";
import { unknownValue } from "../components/core/provider/unknown.ts";

export interface IdentityProps {
  machineId: string;
  clusterId: string;
  authority: string;
}

const pick = ({ machineId, clusterId, authority }: IdentityProps): IdentityProps => ({
  machineId,
  clusterId,
  authority,
});

/** Values that are not known yet count as unchanged, as long as the machine is the same. */
export const provider: pulumi.dynamic.ResourceProvider<IdentityProps, IdentityProps> = {
  async diff(_id, olds, news) {
    const replaced = olds.machineId !== news.machineId;
    const another = (["clusterId", "authority"] as const).some(
      (key) => news[key] !== unknownValue && news[key] !== olds[key],
    );
    return {
      changes: replaced || another,
      replaces: replaced ? ["machineId"] : [],
      deleteBeforeReplace: true,
    };
  },
  async create(props) {
    return { id: props.machineId, outs: pick(props) };
  },
  async update(_id, _olds, news) {
    return { outs: pick(news) };
  },
};

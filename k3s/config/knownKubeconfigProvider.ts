import type * as pulumi from "@pulumi/pulumi";
import { unknownValue } from "../../components/core/provider/unknown.ts";
import { certificateEnd } from "./kubeconfig.ts";

export interface KubeconfigProps {
  machineId: string;
  kubeconfig: string;
}

const pick = ({ machineId, kubeconfig }: KubeconfigProps): KubeconfigProps => ({ machineId, kubeconfig });

/** What is not read yet counts as unchanged, as long as the machine is the same and the old one can still be used. */
export const provider: pulumi.dynamic.ResourceProvider<KubeconfigProps, KubeconfigProps> = {
  async diff(_id, olds, news) {
    const replaced = olds.machineId !== news.machineId;
    const changed =
      news.kubeconfig === unknownValue
        ? certificateEnd(olds.kubeconfig).getTime() < Date.now()
        : news.kubeconfig !== olds.kubeconfig;
    return {
      changes: replaced || changed,
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

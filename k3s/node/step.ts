import type { remote } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { Scope } from "../../components/core/base.ts";
import type { K3sSettings } from "../config/config.ts";
import type { HostHandle } from "../host.ts";
import { type Login, type RemoteScriptArgs, remoteScript } from "../ssh/remoteScript.ts";

/** One node of the cluster, and the component that its resources belong to. */
export interface NodeContext {
  scope: Scope;
  handle: HostHandle;
  settings: K3sSettings;
  login: Login;
}

type Step = Omit<RemoteScriptArgs, "login" | "title"> & { step: string; login?: Login };

/** One script for this node. Another machine replaces the resource, and it is `deletedWith` its machine. */
export function run(node: NodeContext, { step, ...args }: Step, after: pulumi.Resource[]): remote.Command {
  const machine = node.handle.host.apply((host) => host.machineId);
  return remoteScript(
    node.scope.childName(`${node.handle.name}-${step}`),
    {
      title: `${step} ${node.handle.name}`,
      login: node.login,
      ...args,
      triggers: [machine, ...(args.triggers ?? [])],
    },
    node.scope.child({ dependsOn: after, deleteBeforeReplace: true, deletedWith: node.handle.machine }),
  );
}

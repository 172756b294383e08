import type { remote } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { nodeName } from "../host.ts";
import { type NodeContext, run } from "../node/step.ts";
import { lockTimeout } from "../shell/script.ts";
import type { Login } from "../ssh/remoteScript.ts";
import { foldersOf, listScript, makeScript } from "./scripts.ts";

export interface VolumeFoldersArgs {
  /** The server, where `kubectl` runs. */
  server: Login;
  /** A change is another member of the cluster: all is done again. */
  member: pulumi.Input<unknown>[];
  /** Of the server: what must be done before it is asked. */
  after: pulumi.Resource[];
  /** Of the host: K3s is there, and does not run the node yet. */
  installed: pulumi.Resource;
}

/**
 * Makes the folders of a node's volumes where its machine is another one. A volume of `local-path` is a folder of one
 * machine, and its claim stays bound to it: on another machine under the node's name its pod would wait for ever for a
 * folder that nobody makes. So it is there, empty, before K3s starts, and claim and volume stay as they are. A folder that
 * exists is left alone, so nothing is lost on a machine that stays, comes back, or has the folder on a disk that it shares.
 *
 * @returns the command that ends when the folders exist
 */
export function volumeFolders(
  node: NodeContext,
  { server, member, after, installed }: VolumeFoldersArgs,
): remote.Command {
  const { handle, settings } = node;
  const listed = run(
    node,
    {
      step: "volumes",
      login: server,
      script: listScript(settings.deadline),
      triggers: member,
      deadline: settings.deadline + 120,
    },
    after,
  );
  return run(
    node,
    {
      step: "folders",
      script: listed.stdout.apply((text) => makeScript(handle.name, foldersOf(text, nodeName(handle)))),
      triggers: member,
      deadline: 60 + lockTimeout,
    },
    [installed, listed],
  );
}

import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../components/core/base.ts";
import type { HostHandle } from "../host.ts";
import { lockTimeout } from "../shell/script.ts";
import { accountOf, type Login, remoteScript } from "../ssh/remoteScript.ts";
import { TunnelClosing } from "./closing.ts";
import { tunnelScript } from "./script.ts";

export interface TunnelArgs {
  /** The host. Another machine gets the user anew. */
  handle: HostHandle;
  /** How the host is reached; see `Cluster`. */
  login: Login;
  /** User of the tunnel alone. */
  user: string;
  /** A change is applied in place: the old key is no longer accepted. */
  publicKey: pulumi.Input<string>;
  /** `<address>:<port>` in the cluster. A change is applied in place. */
  target: pulumi.Input<string>;
}

/**
 * A user on a host that may open connections to one address of the cluster, and nothing else: no shell, no command. It
 * is removed with the component, after whoever depends on the endpoint.
 */
export class Tunnel extends Component {
  /** `ssh://<user>@<host>:<port>`; known once the user exists. */
  readonly endpoint: pulumi.Output<string>;

  constructor(name: string, args: TunnelArgs, opts?: pulumi.ComponentResourceOptions) {
    super("k3s:Tunnel", name, opts);
    const { handle, user } = args;
    const opened = remoteScript(
      this.childName(handle.name),
      {
        title: `tunnel of ${user} on ${handle.name}`,
        login: args.login,
        script: pulumi
          .all([pulumi.output(args.publicKey), args.target])
          .apply(([publicKey, target]) => tunnelScript({ user, publicKey, target })),
        deadline: 120 + lockTimeout,
        triggers: [handle.host.apply((host) => host.machineId)],
      },
      this.child({ deleteBeforeReplace: true, deletedWith: handle.machine }),
    );
    const closing = new TunnelClosing(
      this.childName(`${handle.name}-closing`),
      {
        user,
        machineId: handle.host.apply((host) => host.machineId),
        host: accountOf(args.login),
      },
      // An adopted machine stays, and what was opened on it must not.
      this.child({ dependsOn: [opened], ...(!handle.adopted && { deletedWith: handle.machine }) }),
    );
    this.endpoint = pulumi
      .all([handle.host, opened.id, closing.id])
      .apply(([{ address, port }]) => `ssh://${user}@${address}:${port}`);
    this.registerOutputs({ endpoint: this.endpoint });
  }
}

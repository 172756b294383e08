import type * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster.ts";
import type { HostHandle } from "../host.ts";
import { Tunnel, type TunnelArgs } from "./tunnel.ts";

export interface OpenTunnelArgs extends Pick<TunnelArgs, "user" | "publicKey" | "target"> {
  /** Its nodes, which are hardened before the tunnel is opened. */
  cluster: Pick<Cluster, "logins" | "ready">;
  /** All hosts: the one with role `data` is chosen. */
  hosts: readonly HostHandle[];
}

/**
 * A tunnel into the cluster through its data host.
 *
 * @returns its SSH URL
 * @throws unless there is exactly one data host: network policies always admit only the host that a pod runs on
 */
export function openTunnel(name: string, args: OpenTunnelArgs): pulumi.Output<string> {
  const [handle, ...more] = args.hosts.filter(({ roles }) => roles.includes("data"));
  if (!handle || more.length > 0) {
    throw new Error(
      `${name}: a tunnel to the data host needs exactly one, got ${more.length + (handle ? 1 : 0)}; several are not supported yet`,
    );
  }
  const login = args.cluster.logins.get(handle.name);
  if (!login) throw new Error(`${name}: host ${handle.name} is no node of the cluster`);
  // After hardening, as it adds to that sshd configuration.
  return new Tunnel(name, { ...args, handle, login }, { dependsOn: [...args.cluster.ready] }).endpoint;
}

import type * as pulumi from "@pulumi/pulumi";
import type { HostRole } from "../components/settings/sections/lambda.ts";

/**
 * A machine that can be reached by SSH: all that `k3s/` knows of the infrastructure. Created by `lambda/`, which
 * launches or adopts machines.
 */
export interface Host {
  name: string;
  /** Another id is another machine under the same name, and triggers a new installation. */
  machineId: string;
  /** Address for SSH and clients. */
  address: string;
  /** Address for the other hosts where they share a network; empty where they do not. */
  privateAddress: string;
  user: string;
  port: number;
  roles: HostRole[];
  labels: Record<string, string>;
  taints: string[];
  /** Physical GPUs. */
  gpus: number;
}

/** A host of the program: name and roles are known while the program runs, the rest once the machine exists. */
export interface HostHandle {
  name: string;
  roles: HostRole[];
  host: pulumi.Output<Host>;
  /** The machine itself: its node is drained before its deletion, and what exists only on it is `deletedWith` it. */
  machine: pulumi.Resource;
  /** The machine was not launched by the program, and runs on when its resource is deleted. */
  adopted: boolean;
}

/** Kubernetes node name. The MCP host's node is `mcp-node`, so that its `kubernetes.io/hostname` label is. */
export function nodeName(host: Pick<Host, "name" | "roles">): string {
  return host.roles.includes("mcp") ? "mcp-node" : host.name;
}

/** K3s's name for the role of a host. */
export function nodeKind(host: Pick<Host, "roles">): "server" | "agent" {
  return host.roles.includes("server") ? "server" : "agent";
}

import type * as pulumi from "@pulumi/pulumi";
import type { HostRole } from "../components/settings/lambda.ts";

/**
 * A machine that can be reached by SSH: the only thing that K3s knows of the place it runs in.
 * Made by whoever launches or adopts machines.
 */
export interface Host {
  name: string;
  /** Changes when the machine behind the name is another one: triggers a fresh install. */
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
  /** The machine itself: its node is drained before it goes, and what lives only on it goes with it. */
  machine: pulumi.Resource;
}

/** Kubernetes node name. The MCP host's node is `mcp-node`, so that its `kubernetes.io/hostname` label is. */
export function nodeName(host: Pick<Host, "name" | "roles">): string {
  return host.roles.includes("mcp") ? "mcp-node" : host.name;
}

/** K3s's own word for what a host runs. */
export function nodeKind(host: Pick<Host, "roles">): "server" | "agent" {
  return host.roles.includes("server") ? "server" : "agent";
}

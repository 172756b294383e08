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

import { kubernetesApiPort } from "../../components/core/ports.ts";
import type { Host } from "../host.ts";

/** Where Kubernetes's API listens on a server: its address and, where it has one, its private address. */
export function apiServersOf(
  server: Pick<Host, "address" | "privateAddress">,
): { address: string; port: number }[] {
  const addresses = new Set([server.privateAddress, server.address].filter((address) => address !== ""));
  return [...addresses].map((address) => ({ address, port: kubernetesApiPort }));
}

import type { types } from "@pulumi/kubernetes";
import { hostCidr, type Peer } from "../components/network/addresses.ts";
import type { CatalogEntry } from "./catalog/index.ts";

type EgressRule = types.input.networking.v1.NetworkPolicyEgressRule;

const isAddress = (host: string) => /^[0-9]+(\.[0-9]+){3}$/.test(host);

const rule = (cidr: string, port: number): EgressRule => ({
  to: [{ ipBlock: { cidr } }],
  ports: [{ port, protocol: "TCP" }],
});

/** Host and port of a URL, with the scheme's port where none is written. */
export function peerOf(url: string): Peer {
  const { hostname, port, protocol } = new URL(url);
  return { address: hostname, port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
}

/** A name cannot be written in a network policy: then any address on that port. */
function toUrl(url: string): EgressRule {
  const { address, port } = peerOf(url);
  return rule(isAddress(address) ? hostCidr(address) : "0.0.0.0/0", port);
}

/** What a server may reach besides DNS, which the namespace allows: only what its entry names. */
export function egressRules(entry: CatalogEntry, apiServers: Peer[], lambdaApiUrl: string): EgressRule[] {
  return [
    ...(entry.kubernetes ? apiServers.map(({ address, port }) => rule(hostCidr(address), port)) : []),
    ...(entry.egress.includes("lambda") ? [toUrl(lambdaApiUrl)] : []),
  ];
}

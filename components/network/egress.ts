import type { types } from "@pulumi/kubernetes";
import { hostCidr, type Peer } from "./addresses.ts";

type EgressRule = types.input.networking.v1.NetworkPolicyEgressRule;

const isAddress = (host: string) => /^[0-9]+(\.[0-9]+){3}$/.test(host);

/** Networks that are no part of the internet: pods, Services, hosts, and the cloud's metadata. */
const notPublic = [
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
];

const at = (ipBlock: object, port: number): EgressRule => ({
  to: [{ ipBlock: ipBlock as types.input.networking.v1.IPBlock }],
  ports: [{ port, protocol: "TCP" }],
});

/** To one address and port. */
export const toPeer = ({ address, port }: Peer): EgressRule => at({ cidr: hostCidr(address) }, port);

/** A name cannot be written in a network policy: then any address of the internet, on that port. */
export const toInternet = (port: number): EgressRule => at({ cidr: "0.0.0.0/0", except: notPublic }, port);

/** Host and port of a URL, with the scheme's port where none is written. */
export function peerOf(url: string): Peer {
  const { hostname, port, protocol } = new URL(url);
  return { address: hostname, port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
}

/** To where a URL points. */
export function toUrl(url: string): EgressRule {
  const peer = peerOf(url);
  return isAddress(peer.address) ? toPeer(peer) : toInternet(peer.port);
}

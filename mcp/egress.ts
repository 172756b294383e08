import type { types } from "@pulumi/kubernetes";
import { hostCidr, type Peer } from "../components/network/addresses.ts";
import { postgresClient, redisClient } from "../components/network/names.ts";
import type { DeployedEntry } from "./catalog/index.ts";

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

/** A name cannot be written in a network policy: then any address of the internet, on that port. */
export const toInternet = (port: number): EgressRule => at({ cidr: "0.0.0.0/0", except: notPublic }, port);

/** Host and port of a URL, with the scheme's port where none is written. */
export function peerOf(url: string): Peer {
  const { hostname, port, protocol } = new URL(url);
  return { address: hostname, port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
}

export function toUrl(url: string): EgressRule {
  const { address, port } = peerOf(url);
  return isAddress(address) ? at({ cidr: hostCidr(address) }, port) : toInternet(port);
}

/** Endpoints of what an entry may name. */
export type Urls = Readonly<Record<"lambda" | "inference" | "gong", string>>;

/** Rules for one word of an entry's `egress`. */
function rulesFor(to: string, urls: Urls): EgressRule[] {
  switch (to) {
    case "lambda":
    case "inference":
    case "gong":
      return [toUrl(urls[to])];
    case "internet":
      return [toInternet(80), toInternet(443)];
    // Inside the cluster labels open the way, see `clientLabels`.
    case "postgres":
    case "redis":
      return [];
    default:
      return [toUrl(`https://${to}`)];
  }
}

/** What a server may reach besides DNS, which the namespace allows: only what its entry names. */
export function egressRules(entry: DeployedEntry, apiServers: Peer[], urls: Urls): EgressRule[] {
  const rules = [
    ...(entry.kubernetes ? apiServers.map(({ address, port }) => at({ cidr: hostCidr(address) }, port)) : []),
    ...entry.egress.flatMap((to) => rulesFor(to, urls)),
  ];
  const seen = new Map(rules.map((rule) => [JSON.stringify(rule), rule]));
  return [...seen.values()];
}

/** Labels by which the platform's own walls know who may call the data stores. */
export const clientLabels = ({ egress }: DeployedEntry): Record<string, string> => ({
  ...(egress.includes("postgres") ? postgresClient : {}),
  ...(egress.includes("redis") ? redisClient : {}),
});

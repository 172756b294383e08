import type { types } from "@pulumi/kubernetes";
import type { Peer } from "../components/network/addresses.ts";
import { toInternet, toPeer, toUrl } from "../components/network/egress.ts";
import { postgresClient, redisClient } from "../components/network/names.ts";
import type { DeployedEntry } from "./catalog/index.ts";

type EgressRule = types.input.networking.v1.NetworkPolicyEgressRule;

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
    ...(entry.kubernetes ? apiServers.map(toPeer) : []),
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

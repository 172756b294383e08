import type { types } from "@pulumi/kubernetes";
import type { Peer } from "../../components/network/addresses.ts";
import { toInternet, toPeer, toUrl } from "../../components/network/egress.ts";
import { postgresClient, redisClient } from "../../components/network/names.ts";
import type { DeployedEntry } from "../catalog/index.ts";

type EgressRule = types.input.networking.v1.NetworkPolicyEgressRule;

/** URLs of the destinations that an entry may name; one that the stack does not have is allowed to nobody. */
export type Urls = Readonly<Record<"lambda" | "inference" | "gong", string | undefined>>;

/** Rules for one item of an entry's `egress`. */
function rulesFor(to: string, urls: Urls): EgressRule[] {
  switch (to) {
    case "lambda":
    case "inference":
    case "gong": {
      const url = urls[to];
      return url === undefined ? [] : [toUrl(url)];
    }
    case "internet":
      return [toInternet(80), toInternet(443)];
    // Allowed by labels inside the cluster, see `clientLabels`.
    case "postgres":
    case "redis":
      return [];
    default:
      return [toUrl(`https://${to}`)];
  }
}

/** Egress rules of a server: only what its entry names. The namespace's policies allow DNS. */
export function egressRules(entry: DeployedEntry, apiServers: Peer[], urls: Urls): EgressRule[] {
  const rules = [
    ...(entry.kubernetes ? apiServers.map(toPeer) : []),
    ...entry.egress.flatMap((to) => rulesFor(to, urls)),
  ];
  const seen = new Map(rules.map((rule) => [JSON.stringify(rule), rule]));
  return [...seen.values()];
}

/** Labels to which the data stores' network policies allow access. */
export const clientLabels = ({ egress }: DeployedEntry): Record<string, string> => ({
  ...(egress.includes("postgres") ? postgresClient : {}),
  ...(egress.includes("redis") ? redisClient : {}),
});

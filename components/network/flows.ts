import type { types } from "@pulumi/kubernetes";
import { hostCidr, type Peer } from "./addresses.ts";
import {
  dcgmExporter,
  gpuMetrics as gpuMetricsName,
  mcpCheck,
  mcpGateway,
  type NamespaceName,
  namespaceNames,
  postgresClient,
  postgresCluster,
  postgresPooler,
  redisClient,
} from "./names.ts";

type Spec = types.input.networking.v1.NetworkPolicySpec;
type PolicyPeer = types.input.networking.v1.NetworkPolicyPeer;
type PolicyPort = types.input.networking.v1.NetworkPolicyPort;

/** What is known only when the cluster exists. */
export interface Places {
  /** Where Kubernetes's API really listens: policies see packets after a Service's address was replaced. */
  apiServers: Peer[];
  /**
   * Networks from which the API server calls webhooks and aggregated APIs. To a pod on another node its packets come from the server's
   * own address, or from its end of the pod network's tunnel, which lies in the pod network.
   */
  apiServerSources: string[];
}

/** Pods of a namespace; without labels all of them. */
interface Pods {
  namespace: NamespaceName | "kube-system";
  labels?: Record<string, string>;
}
type Side = Pods | keyof Places | "anywhere";

/** One direction of traffic that is let through. All else is refused, both ways. */
export interface Flow {
  name: string;
  from: Side;
  to: Side;
  ports: (number | { port: number; protocol: "UDP" })[];
}

const nginx: Pods = { namespace: "ingress", labels: { "app.kubernetes.io/name": "nginx" } };
const redis: Pods = { namespace: "data", labels: { "app.kubernetes.io/name": "redis" } };
const postgres: Pods = { namespace: "data", labels: { "cnpg.io/cluster": postgresCluster } };
const pooler: Pods = { namespace: "data", labels: { "cnpg.io/poolerName": postgresPooler } };
const operator: Pods = { namespace: "cnpg-system", labels: { "app.kubernetes.io/name": "cloudnative-pg" } };
const gateway: Pods = { namespace: "mcp", labels: mcpGateway };
const check: Pods = { namespace: "mcp", labels: mcpCheck };
const gpuPlugin: Pods = { namespace: "gpu" };
const gpuExporter: Pods = { namespace: "gpu", labels: dcgmExporter };
const gpuMetrics: Pods = { namespace: "monitoring", labels: gpuMetricsName };

/** Namespaces whose pods may be clients of the data stores, given the label. */
const clientNamespaces = ["mcp", "data"] as const;

/** All traffic between the platform's own parts. MCP servers bring the rest of theirs with them. */
export const flows: Flow[] = [
  ...namespaceNames.map(
    (namespace): Flow => ({
      name: "dns",
      from: { namespace },
      to: { namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
      ports: [53, { port: 53, protocol: "UDP" }],
    }),
  ),
  { name: "web", from: "anywhere", to: nginx, ports: [8080, 8443] },
  { name: "nginx-to-mcp", from: nginx, to: { namespace: "mcp" }, ports: [8080, 8090] },
  // Health of the gateway's servers. Who gets in there could call tools, too.
  { name: "gpu-metrics-to-mcp", from: gpuMetrics, to: { namespace: "mcp" }, ports: [8080, 8090] },
  { name: "gateway-to-mcp", from: gateway, to: { namespace: "mcp" }, ports: [8080] },
  { name: "mcp-check-to-nginx", from: check, to: nginx, ports: [8443] },
  ...clientNamespaces.flatMap((namespace): Flow[] => [
    {
      name: `${namespace}-to-postgres`,
      from: { namespace, labels: postgresClient },
      to: postgres,
      ports: [5432],
    },
    {
      name: `${namespace}-to-pooler`,
      from: { namespace, labels: postgresClient },
      to: pooler,
      ports: [5432],
    },
    { name: `${namespace}-to-redis`, from: { namespace, labels: redisClient }, to: redis, ports: [6379] },
  ]),
  { name: "pooler-to-postgres", from: pooler, to: postgres, ports: [5432] },
  { name: "postgres-replication", from: postgres, to: postgres, ports: [5432, 8000] },
  { name: "redis-replication", from: redis, to: redis, ports: [6379] },
  { name: "operator-to-postgres", from: operator, to: postgres, ports: [8000, 5432] },
  { name: "operator-webhook", from: "apiServerSources", to: operator, ports: [9443] },
  { name: "operator-to-api", from: operator, to: "apiServers", ports: [] },
  { name: "postgres-to-api", from: postgres, to: "apiServers", ports: [] },
  { name: "pooler-to-api", from: pooler, to: "apiServers", ports: [] },
  { name: "gpu-plugin-to-api", from: gpuPlugin, to: "apiServers", ports: [] },
  { name: "gpu-metrics-api", from: "apiServerSources", to: gpuMetrics, ports: [8443] },
  { name: "gpu-metrics-to-exporter", from: gpuMetrics, to: gpuExporter, ports: [9400] },
  { name: "gpu-metrics-to-api", from: gpuMetrics, to: "apiServers", ports: [] },
];

export interface Policy {
  name: string;
  namespace: NamespaceName;
  /** Whether `spec` reads the API servers' addresses, which are unknown until the cluster exists. */
  needsPlaces: boolean;
  spec(places: Places): Spec;
}

const isPods = (side: Side): side is Pods => typeof side === "object";
const isOurs = (side: Side): side is Pods & { namespace: NamespaceName } =>
  isPods(side) && side.namespace !== "kube-system";

const needsPlaces = (side: Side): boolean => side === "apiServers" || side === "apiServerSources";

const portsOf = (flow: Flow): PolicyPort[] =>
  flow.ports.map((port) => (typeof port === "number" ? { port, protocol: "TCP" } : port));

/** Peers and ports on the other side of a flow. API servers each have their own port. */
function rules(side: Side, flow: Flow, places: Places): { peers: PolicyPeer[]; ports: PolicyPort[] }[] {
  if (isPods(side)) {
    const peer: PolicyPeer = {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": side.namespace } },
      ...(side.labels ? { podSelector: { matchLabels: side.labels } } : {}),
    };
    return [{ peers: [peer], ports: portsOf(flow) }];
  }
  switch (side) {
    case "anywhere":
      return [{ peers: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: portsOf(flow) }];
    case "apiServerSources":
      return [
        { peers: places.apiServerSources.map((cidr) => ({ ipBlock: { cidr } })), ports: portsOf(flow) },
      ];
    case "apiServers":
      return places.apiServers.map(({ address, port }) => ({
        peers: [{ ipBlock: { cidr: hostCidr(address) } }],
        ports: [{ port, protocol: "TCP" }],
      }));
  }
}

const selector = (pods: Pods) => (pods.labels ? { matchLabels: pods.labels } : {});

/** Both halves of every flow, as far as they lie in our namespaces, and the default that refuses the rest. */
export function policiesOf(all: Flow[]): Policy[] {
  const deny = namespaceNames.map(
    (namespace): Policy => ({
      name: "default-deny",
      namespace,
      needsPlaces: false,
      spec: () => ({ podSelector: {}, policyTypes: ["Ingress", "Egress"] }),
    }),
  );
  const allow = all.flatMap((flow): Policy[] => {
    const { from, to } = flow;
    const halves: Policy[] = [];
    if (isOurs(from)) {
      halves.push({
        name: `${flow.name}-out`,
        namespace: from.namespace,
        needsPlaces: needsPlaces(to),
        spec: (places) => ({
          podSelector: selector(from),
          policyTypes: ["Egress"],
          egress: rules(to, flow, places).map(({ peers, ports }) => ({ to: peers, ports })),
        }),
      });
    }
    if (isOurs(to)) {
      halves.push({
        name: `${flow.name}-in`,
        namespace: to.namespace,
        needsPlaces: needsPlaces(from),
        spec: (places) => ({
          podSelector: selector(to),
          policyTypes: ["Ingress"],
          ingress: rules(from, flow, places).map(({ peers, ports }) => ({ from: peers, ports })),
        }),
      });
    }
    return halves;
  });
  return [...deny, ...allow];
}

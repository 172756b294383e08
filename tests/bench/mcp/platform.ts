import { readFile } from "node:fs/promises";
import { CoreV1Api, KubeConfig, type V1Pod } from "@kubernetes/client-node";
import { files, type Lab, labOf } from "../../../lab/lab.ts";
import { openStack } from "../../../lab/stack/open.ts";
import type { McpOutputs } from "../../../lab/status/mcp.ts";
import { connect } from "../../../mcp/check/probe.ts";
import { docker, labels, linesOf } from "../../../tools/docker/docker.ts";
import { Group } from "./groups.ts";

/** A lab that runs, as a benchmark sees it. */
export interface Platform {
  lab: Lab;
  config: KubeConfig;
  /** Containers that are the hosts, by the host's name. */
  hosts: Map<string, { container: string; address: string }>;
  servers: McpOutputs["mcp"];
  tokens: string[];
  /** Name under which clients come, and PEM of who signed its certificate. */
  door: { name: string; address: string; ca: string };
}

/** Where a pod is, and the cgroup that it has below its host's. */
export interface Pod {
  name: string;
  app: string;
  uid: string;
  address: string;
  host: string;
  ready: boolean;
  restarts: number;
}

const fields = [labels.lab, labels.folder, labels.machine].map((label) => `{{.Label "${label}"}}`);

/** The lab that `LAB` names, or the only one of this checkout that runs. @throws when it is not one */
async function theLab(): Promise<Lab> {
  const { stdout } = await docker(["ps", "--format", fields.join("\t")], {
    allowFailure: true,
  });
  const rows = linesOf(stdout).map((line) => line.split("\t"));
  const up = new Set(
    rows.flatMap(([name = "", folder, machine]) =>
      name !== "" && machine && labOf({ ...process.env, LAB: name }).folder === folder ? [name] : [],
    ),
  );
  const wanted = process.env.LAB;
  if (wanted && up.has(wanted)) return labOf();
  const [only, ...others] = up;
  if (!wanted && only !== undefined && others.length === 0) return labOf({ ...process.env, LAB: only });
  if (wanted) throw new Error(`lab ${wanted} does not run; bring it up with: LAB=${wanted} make up`);
  throw new Error(
    only === undefined
      ? "no lab runs; bring one up with: make up"
      : `several labs run; say which: LAB=${[...up].join(" or LAB=")}`,
  );
}

export async function openPlatform(): Promise<Platform> {
  const lab = await theLab();
  const opened = await openStack(lab);
  if (!opened) throw new Error(`lab ${lab.name} has no stack; bring it up with: LAB=${lab.name} make up`);
  const outputs = await opened.stack.outputs();
  const { mcp, mcpClients } = outputs as unknown as McpOutputs;
  const config = new KubeConfig();
  config.loadFromFile(files(lab).kubeconfig);
  const hosts = await hostsOf(lab);
  const nodes = await config
    .makeApiClient(CoreV1Api)
    .listNode({ labelSelector: "sophia.ai/role-ingress=true" });
  const ingress = nodes.items[0]?.metadata?.name ?? "";
  return {
    lab,
    config,
    hosts,
    servers: mcp,
    tokens: Object.values(mcpClients ?? {}),
    door: {
      name: new URL(String(outputs.url)).hostname,
      address: hosts.get(ingress)?.address ?? "",
      ca: await readFile(files(lab).ca, "utf8"),
    },
  };
}

/** A session of a client of the older revision at the gateway, which outlives its connection. */
export async function sessionOf({ door, tokens }: Platform): Promise<string | undefined> {
  const [token] = tokens;
  const { client, close } = await connect({
    url: `https://${door.name}/mcp`,
    era: "2025-11-25",
    ca: door.ca,
    address: door.address,
    timeout: 30,
    ...(token !== undefined && { token }),
  });
  const session = client.transport?.sessionId;
  await close();
  return session;
}

interface Inspection {
  Id: string;
  Config: { Hostname: string };
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
}

/** By the name of the node: the host with role `mcp` is `mcp-node` there. */
async function hostsOf(lab: Lab): Promise<Platform["hosts"]> {
  const filter = ["--filter", `label=${labels.folder}=${lab.folder}`, "--filter", `label=${labels.machine}`];
  const ids = linesOf((await docker(["ps", "--quiet", "--no-trunc", ...filter])).stdout);
  const found = JSON.parse((await docker(["container", "inspect", ...ids])).stdout) as Inspection[];
  return new Map(
    found.map(({ Id, Config, NetworkSettings }) => [
      Config.Hostname === "mcp" ? "mcp-node" : Config.Hostname,
      { container: Id, address: Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? "" },
    ]),
  );
}

/** Pods that run. */
export async function podsOf({ config }: Platform, ...namespaces: string[]): Promise<Pod[]> {
  const api = config.makeApiClient(CoreV1Api);
  const lists = await Promise.all(namespaces.map((namespace) => api.listNamespacedPod({ namespace })));
  return lists
    .flatMap(({ items }) => items)
    .filter(({ metadata, status }) => status?.phase === "Running" && !metadata?.deletionTimestamp)
    .map(podOf);
}

/** @throws where none runs */
export function podOfServer(pods: readonly Pod[], server: string): Pod {
  const pod = pods.find(({ app }) => app === server.replaceAll("_", "-"));
  if (!pod) throw new Error(`no pod of ${server} runs; see: make status`);
  return pod;
}

/** What the kernel counts of a pod. */
export const groupOf = ({ hosts }: Platform, { host, uid }: Pod): Group =>
  new Group(hosts.get(host)?.container ?? "", uid);

const appOf = (pod: V1Pod): string =>
  pod.metadata?.labels?.["app.kubernetes.io/name"] ??
  pod.metadata?.labels?.["k8s-app"] ??
  pod.metadata?.name ??
  "";

const podOf = (pod: V1Pod): Pod => ({
  name: pod.metadata?.name ?? "",
  app: appOf(pod),
  uid: pod.metadata?.uid ?? "",
  address: pod.status?.podIP ?? "",
  host: pod.spec?.nodeName ?? "",
  ready: pod.status?.containerStatuses?.every(({ ready }) => ready) ?? false,
  restarts: pod.status?.containerStatuses?.reduce((sum, { restartCount }) => sum + restartCount, 0) ?? 0,
});

import { type Cluster, eventually } from "./cluster.ts";

/** config.yaml of the server. */
export const serverConfig = ({ token, server }: Cluster) => ({
  "cluster-init": true,
  token,
  "node-name": "backend",
  "node-ip": server.privateAddress,
  "tls-san": ["api.example.test"],
  "flannel-backend": "host-gw",
  "service-node-port-range": "80-32767",
  "secrets-encryption": true,
  disable: ["traefik", "servicelb"],
  "node-label": ["sophia.ai/role-server=true"],
});

/** config.yaml of the agent. */
export const agentConfig = ({ server, agent }: Cluster, token: string) => ({
  server: `https://${server.privateAddress}:6443`,
  token,
  "node-name": "mcp-node",
  "node-ip": agent.privateAddress,
  "node-external-ip": agent.spec.publicAddress,
  "node-label": ["sophia.ai/role-mcp=true", "nvidia.com/gpu.present=true"],
});

const inClient = (cluster: Cluster, namespace: string, command: string) =>
  cluster.server.run(`k3s kubectl -n ${namespace} exec client -- timeout 3 bash -c '${command}'`);

/** What a TCP port says to the pod `client`. */
export async function askFromClient(cluster: Cluster, namespace: string, target: string, port: number) {
  const result = await inClient(cluster, namespace, `exec 3<>/dev/tcp/${target}/${port} && cat <&3`);
  return result.code === 0 ? result.stdout.trim() : "no answer";
}

/** Whether the pod `client` can connect to a TCP port, which may wait for it to speak first. */
export const connectsFromClient = async (
  cluster: Cluster,
  namespace: string,
  target: string,
  port: number,
): Promise<boolean> =>
  (await inClient(cluster, namespace, `exec 3<>/dev/tcp/${target}/${port} && echo open`)).stdout.trim() ===
  "open";

/** The nodes that answered in a few tries. */
export async function answering(ask: () => Promise<string>): Promise<string> {
  const answers = new Set<string>();
  for (let i = 0; i < 12; i++) answers.add(await ask());
  return [...answers].sort().join(" ");
}

export const bothReady = (cluster: Cluster) =>
  eventually(
    "both nodes to be Ready",
    300,
    () => cluster.kubectl("get nodes --no-headers").catch((error: Error) => error.message),
    /backend +Ready[\s\S]*mcp-node +Ready/,
  );

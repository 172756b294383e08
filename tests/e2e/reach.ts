import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { PassThrough } from "node:stream";
import { AppsV1Api, CoreV1Api, Exec, PortForward, type V1Pod } from "@kubernetes/client-node";
import { notYet, waitFor } from "../../components/core/wait.ts";
import { files } from "../../lab/lab.ts";
import { connect, type Era } from "../../mcp/check/probe.ts";
import { run } from "../../tools/exec.ts";
import { command, kubeconfig, lab, status } from "./lab.ts";

/** Whether a pod serves, and stays. */
export const isReady = ({ metadata, status }: V1Pod): boolean =>
  metadata?.deletionTimestamp === undefined &&
  (status?.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True");

const madeAt = ({ metadata }: V1Pod): number => Number(metadata?.creationTimestamp ?? 0);

/**
 * Text of the command of a pod that has this label; on this node, if there are several. It is tried again for half a minute
 * while it cannot begin: its pod is just being replaced, or the connection is lost.
 */
export async function inPod(
  namespace: string,
  label: string,
  container: string,
  args: string[],
  node?: string,
): Promise<string> {
  const what = `${args[0]} to run in a pod ${label} of ${namespace}`;
  const { ended } = await waitFor({ what, deadline: 30, interval: 1 }, () =>
    begin(namespace, label, container, args, node),
  );
  return ended;
}

/** Begins a command, in the pod that is ready for the longest time. */
async function begin(namespace: string, label: string, container: string, args: string[], node?: string) {
  const config = kubeconfig();
  const { items } = await config.makeApiClient(CoreV1Api).listNamespacedPod({
    namespace,
    labelSelector: label,
    ...(node !== undefined && { fieldSelector: `spec.nodeName=${node}` }),
  });
  const [oldest = items[0]] = items.filter(isReady).sort((a, b) => madeAt(a) - madeAt(b));
  const pod = oldest?.metadata?.name;
  if (!pod) return notYet("there is no such pod");
  const out = new PassThrough();
  let text = "";
  out.on("data", (chunk: Buffer) => {
    text += chunk;
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = await new Exec(config)
    .exec(namespace, pod, container, args, out, out, null, false, ({ status: is, message }) =>
      is === "Success" ? resolve(text.trim()) : reject(new Error(`${message}: ${text}`)),
    )
    // A connection that is refused comes as the WebSocket's event, which is no error.
    .catch(({ message }: { message?: string }) => {
      throw new Error(`cannot run ${args[0]} in ${pod}: ${message ?? "no reason given"}`);
    });
  // Without it nobody would ever hear of a connection that is lost.
  socket.onclose = () =>
    reject(new Error(`${args[0]} in ${pod}: the connection ended before it did: ${text}`));
  return { ended: promise };
}

/** What redis-cli says in Redis's pod. */
export const redisCli = (...words: string[]): Promise<string> =>
  inPod("data", "app.kubernetes.io/name=redis", "redis", ["redis-cli", ...words]);
/** What it says over TLS to an administrator's words. */
export const askRedis = (words: string): Promise<string> =>
  inPod("data", "app.kubernetes.io/name=redis", "redis", [
    "sh",
    "-c",
    `REDISCLI_AUTH="$(cat /run/secrets/redis/admin)" redis-cli --tls --cacert /run/secrets/tls/ca.crt --user admin ${words}`,
  ]);

/** Status of an answer from the ingress host at this address. */
export async function statusCode(url: string, address: string): Promise<string> {
  const { hostname } = new URL(url);
  const resolve = [80, 443].flatMap((port) => ["--resolve", `${hostname}:${port}:${address}`]);
  const output = ["-s", "-S", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}"];
  return (await run("curl", [...output, "--cacert", files(lab).ca, ...resolve, url])).stdout.trim();
}

/** An environment variable of an MCP server. */
export async function variableOf(app: string, name: string): Promise<string> {
  const apps = kubeconfig().makeApiClient(AppsV1Api);
  const { spec } = await apps.readNamespacedDeployment({ namespace: "mcp", name: app });
  return spec?.template.spec?.containers[0]?.env?.find((each) => each.name === name)?.value ?? "";
}

/** What an MCP client has to know. */
export interface McpAccess {
  /** Endpoints by the name that a client's configuration gives them. */
  urls: Record<string, string>;
  token: string;
  /** Of the first ingress host. */
  address: string;
  ca: string;
}

/** Reads it with `make mcp-config`, as a person does. A busy machine may let one look miss an answer. */
export const mcpAccess = (): Promise<McpAccess> =>
  waitFor({ what: "an MCP client's configuration", deadline: 120, interval: 1 }, readMcpAccess);

async function readMcpAccess(): Promise<McpAccess> {
  const { stdout } = await command("mcp-config", "generic");
  const { mcpServers } = JSON.parse(stdout) as {
    mcpServers: Record<string, { url: string; headers: { Authorization: string } }>;
  };
  const { report } = await status();
  const address = report.hosts[0]?.address;
  if (address === undefined) throw new Error(report.problem ?? "there is no host");
  return {
    urls: Object.fromEntries(Object.entries(mcpServers).map(([name, { url }]) => [name, url])),
    token: Object.values(mcpServers)[0]?.headers.Authorization.replace("Bearer ", "") ?? "",
    address,
    ca: readFileSync(files(lab).ca, "utf8"),
  };
}

/** A real MCP client of one server, by way of Nginx. */
export async function connectThroughNginx(era: Era, server = "sophia_infrastructure") {
  const { ca, address, token } = await mcpAccess();
  return connect({ url: `https://sophia.lab/mcp/${server}`, era, ca, address, token, timeout: 20 });
}

/** A local port that leads into a pod. */
export function forward(pod: string, port: number): Promise<{ server: Server; port: number }> {
  const tunnel = new PortForward(kubeconfig());
  const server = createServer((socket) => {
    // The library writes on after the client has hung up.
    socket.on("error", () => socket.destroy());
    tunnel.portForward("data", pod, [port], socket, null, socket).catch(() => socket.destroy());
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({ server, port: typeof address === "object" && address ? address.port : 0 });
    });
  });
}

import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "vitest";
import { stringify } from "yaml";
import { registriesText } from "../../../k3s/config/registries.ts";
import { type Cluster, eventually, podImage } from "./cluster.ts";

const login = { username: "reader", password: "pull-password" };
const authorization = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;

/** The lab's registry behind a login, for the nodes; counts what it refused. */
async function privateRegistry({ lab, registry }: Pick<Cluster, "lab" | "registry">) {
  const refused = { count: 0 };
  const server = createServer((incoming, outgoing) => {
    if (incoming.headers.authorization !== authorization) {
      refused.count++;
      outgoing.writeHead(401, { "WWW-Authenticate": 'Basic realm="test"' }).end();
      return;
    }
    const { host: _host, authorization: _authorization, ...headers } = incoming.headers;
    const { method = "GET", url = "/" } = incoming;
    const asked = request(`http://${registry.push}${url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    asked.on("error", () => outgoing.destroy());
    incoming.pipe(asked);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, lab.network.gateway, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  return { host: `${lab.network.gateway}:${port}`, refused, close };
}

/** A pod of the agent with an image of a registry that asks for a login. */
const pod = (name: string, image: string) =>
  stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      nodeName: "mcp-node",
      restartPolicy: "Never",
      containers: [{ name, image, command: ["true"] }],
    },
  });

/**
 * A node whose `registries.yaml` has the login runs an image of a registry that refuses strangers; without it the same
 * image is not pulled.
 */
export async function logsInToRegistry(cluster: Cluster, ready: () => Promise<unknown>): Promise<void> {
  const { agent, kubectl } = cluster;
  const registry = await privateRegistry(cluster);
  const original = await agent.must("cat /etc/rancher/k3s/registries.yaml");
  const mirrors = { [registry.host]: [`http://${registry.host}`] };
  const image = `${registry.host}/${podImage.slice(podImage.indexOf("/") + 1)}`;
  const configure = async (text: string) => {
    await agent.must("cat > /etc/rancher/k3s/registries.yaml", text);
    // A start that fails is tried again by the unit itself; what counts is the node that comes back.
    await agent.must("systemctl restart k3s || true");
    await ready();
  };
  try {
    await configure(registriesText(mirrors));
    await kubectl("apply -f -", pod("stranger", image));
    const reason = "get pod stranger -o jsonpath={.status.containerStatuses[0].state.waiting.reason}";
    await eventually("the pull to be refused", 240, () => kubectl(reason), /ErrImagePull|ImagePullBackOff/);
    expect(registry.refused.count).toBeGreaterThan(0);
    await kubectl("delete pod stranger --wait");

    await configure(registriesText(mirrors, { server: registry.host, ...login }));
    await kubectl("apply -f -", pod("known", image));
    const phase = () => kubectl("get pod known -o jsonpath={.status.phase}");
    await eventually("the pod to end", 240, phase, /Succeeded/);
    await kubectl("delete pod known --wait");
  } finally {
    await configure(original);
    await registry.close();
  }
}

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ApiClient } from "../../../../../../lab/pulumi/plugins/kubernetes/cluster/http.ts";
import { fakeKubernetes, json } from "../../../../support/kubernetesApi.ts";

const post = { method: "POST", path: "/api/v1/namespaces/mcp/secrets", body: { kind: "Secret" } } as const;

async function api() {
  const server = await fakeKubernetes();
  const read = (file: string) => readFileSync(join(server.credentials, file), "utf8");
  const client = (url = server.url) =>
    new ApiClient(
      { server: url, namespace: "default", tls: { ca: read("ca.crt") }, token: read("token").trim() },
      new AbortController().signal,
    );
  return { server, client };
}

test("a write is sent again after the server closed the kept-alive connection that it was sent on", async () => {
  const { server, client } = await api();
  const kept = client();
  let requests = 0;
  server.answer = (_url, response) => {
    requests += 1;
    if (requests === 2) response.socket?.destroy();
    else json(response, { requests });
  };
  expect(await kept.request({ method: "GET", path: "/version" })).toEqual({ requests: 1 });
  expect(await kept.request(post)).toEqual({ requests: 3 });
});

test("a write is sent again after a connection that ended before the TLS handshake did", async () => {
  const { server, client } = await api();
  const target = Number(new URL(server.url).port);
  let connections = 0;
  const front = createServer((socket) => {
    connections += 1;
    if (connections === 1) return socket.destroy();
    const through = connect(target, "127.0.0.1");
    for (const end of [socket, through]) end.on("error", () => end.destroy());
    socket.pipe(through).pipe(socket);
  });
  front.listen(0, "127.0.0.1");
  onTestFinished(() => void front.close());
  await once(front, "listening");
  server.answer = (_url, response) => json(response, { kind: "Secret" });
  const url = `https://127.0.0.1:${(front.address() as AddressInfo).port}`;
  expect(await client(url).request(post)).toEqual({ kind: "Secret" });
  expect(connections).toBe(2);
});

test("a write whose connection breaks after it was sent is not repeated, and the error names it", async () => {
  const { server, client } = await api();
  server.answer = (_url, response) => response.socket?.destroy();
  await expect(client().request(post)).rejects.toThrow(`POST "${server.url}${post.path}": socket hang up`);
  expect(server.asked).toHaveLength(1);
});

test("many requests on one kept-alive connection leave no listeners behind", async () => {
  const { server, client } = await api();
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on("warning", note);
  onTestFinished(() => void process.off("warning", note));
  const kept = client();
  for (let request = 0; request < 20; request += 1) await kept.request({ method: "GET", path: "/version" });
  expect(server.asked).toHaveLength(20);
  // Warnings come in the next turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  expect(warnings.map(String)).toEqual([]);
});

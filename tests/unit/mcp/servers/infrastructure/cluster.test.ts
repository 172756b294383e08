import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inCluster } from "../../../../../mcp/servers/sophia_infrastructure/kubernetes.ts";
import { fakeKubernetes, json } from "../../../support/kubernetesApi.ts";
import { serving } from "./serving.ts";

async function onCluster(timeout?: number) {
  const api = await fakeKubernetes();
  const kubernetes = inCluster({ url: api.url, credentials: api.credentials, ...(timeout && { timeout }) });
  return { api, ...(await serving({ kubernetes })) };
}

const node = (name: string, ready: boolean, more: object = {}) => ({
  metadata: {
    name,
    creationTimestamp: "2026-07-01T00:00:00Z",
    labels: { "sophia.ai/role-mcp": "true", "kubernetes.io/os": "linux" },
  },
  spec: {},
  status: {
    conditions: [
      { type: "Ready", status: ready ? "True" : "False", message: ready ? "" : "runtime is down" },
    ],
    capacity: { cpu: "8", memory: "32Gi", "nvidia.com/gpu": "4" },
    nodeInfo: { kubeletVersion: "v1.36.3+k3s1" },
  },
  ...more,
});

test("M4 every tool is listed, read-only, with a description", async () => {
  const { client } = await serving({});
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(["list_hosts", "list_nodes", "list_pods", "list_instances"]);
  for (const { annotations, description } of tools) {
    expect(annotations?.readOnlyHint).toBe(true);
    expect(description).toMatch(/\.$/);
  }
});

test("hosts are shown as the deployment wrote them", async () => {
  const { items } = await serving({ hosts: async () => [{ name: "backend", roles: ["server"] }] });
  expect(await items("list_hosts")).toEqual([{ name: "backend", roles: ["server"] }]);
});

test("nodes come with readiness, roles and GPU slices", async () => {
  const { api, items } = await onCluster();
  const silent = node("new", false, { spec: { unschedulable: true }, status: {} });
  api.answer = (_url, response) => json(response, { items: [node("a", true), node("b", false), silent] });
  expect(await items("list_nodes")).toEqual([
    {
      name: "a",
      ready: true,
      schedulable: true,
      roles: ["mcp"],
      version: "v1.36.3+k3s1",
      cpu: "8",
      memory: "32Gi",
      gpuSlices: 4,
      since: "2026-07-01T00:00:00Z",
    },
    expect.objectContaining({ name: "b", ready: false, reason: "runtime is down" }),
    expect.objectContaining({
      name: "new",
      ready: false,
      reason: "the node has not reported",
      schedulable: false,
      gpuSlices: 0,
    }),
  ]);
});

test("a paged list of Kubernetes is read completely", async () => {
  const { api, call } = await onCluster();
  const after: Record<string, string> = { "": "b&c", "b&c": "d", d: "" };
  api.answer = (url, response) => {
    const at = url.searchParams.get("continue") ?? "";
    json(response, { metadata: { continue: after[at] }, items: [node(`node-${at}`, true)] });
  };
  const { text } = await call("list_nodes", { limit: 2 });
  expect(JSON.parse(text)).toMatchObject({
    total: 3,
    items: [{ name: "node-" }, { name: "node-b&c" }],
    nextCursor: "2",
  });
  expect(api.asked).toEqual([
    "/api/v1/nodes?limit=500",
    "/api/v1/nodes?limit=500&continue=b%26c",
    "/api/v1/nodes?limit=500&continue=d",
  ]);
});

const pod = (name: string, status: object) => ({
  metadata: { name, namespace: "mcp" },
  spec: { nodeName: "mcp-node" },
  status,
});
const waiting = (reason: string, message?: string) => ({ waiting: { reason, message } });

test("pods are shown with what keeps them from running, the first cause first", async () => {
  const { api, items } = await onCluster();
  const unscheduled = { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "no GPU" };
  api.answer = (_url, response) =>
    json(response, {
      items: [
        pod("well", { phase: "Running", containerStatuses: [{ ready: true, restartCount: 2 }] }),
        pod("done", { phase: "Succeeded", containerStatuses: [{ ready: false, restartCount: 0 }] }),
        pod("crashing", {
          phase: "Running",
          containerStatuses: [
            { ready: true, restartCount: 1 },
            { ready: false, restartCount: 7, state: waiting("CrashLoopBackOff", "back-off 5m") },
          ],
        }),
        pod("too large", {
          phase: "Running",
          containerStatuses: [
            {
              ready: false,
              restartCount: 3,
              state: waiting("CrashLoopBackOff", "back-off 5m"),
              lastState: { terminated: { reason: "OOMKilled", exitCode: 137, message: "a line of its log" } },
            },
          ],
        }),
        pod("slow", { phase: "Running", containerStatuses: [{ ready: false, restartCount: 0, state: {} }] }),
        pod("homeless", { phase: "Pending", conditions: [unscheduled] }),
        pod("beginning", {
          phase: "Pending",
          initContainerStatuses: [{ ready: false, restartCount: 3, state: waiting("ImagePullBackOff") }],
          containerStatuses: [{ ready: false, restartCount: 0, state: waiting("PodInitializing") }],
        }),
        pod("evicted", { phase: "Failed", reason: "Evicted", message: "low on memory" }),
        pod("unknown", {}),
      ],
    });
  const all = await items("list_pods");
  expect(all[0]).toEqual({ namespace: "mcp", name: "well", node: "mcp-node", phase: "Running", restarts: 2 });
  expect(all.map(({ name, problem }) => `${name}: ${problem}`)).toEqual([
    "well: undefined",
    "done: undefined",
    "crashing: CrashLoopBackOff: back-off 5m",
    "too large: CrashLoopBackOff: ended with exit code 137 (OOMKilled)",
    "slow: not ready",
    "homeless: Unschedulable: no GPU",
    "beginning: ImagePullBackOff",
    "evicted: Evicted: low on memory",
    "unknown: Unknown",
  ]);
  expect((await items("list_pods", { problems: true })).map(({ name }) => name)).not.toContain("well");
});

test("one namespace is asked for by its path, and a name cannot leave it", async () => {
  const { api, call } = await onCluster();
  await call("list_pods", { namespace: "mcp" });
  await call("list_pods", { namespace: "../../nodes" });
  expect(api.asked).toEqual([
    "/api/v1/namespaces/mcp/pods?limit=500",
    "/api/v1/namespaces/..%2F..%2Fnodes/pods?limit=500",
  ]);
});

test("a rotated token of the service account works without a restart", async () => {
  const { api, call } = await onCluster();
  writeFileSync(join(api.credentials, "token"), "expired");
  expect(await call("list_nodes")).toMatchObject({
    isError: true,
    text: expect.stringMatching(/GET \/api\/v1\/nodes: status 401\. The service account's token/),
  });
  writeFileSync(join(api.credentials, "token"), "token-of-the-test");
  expect((await call("list_nodes")).isError).toBe(false);
});

test.each([
  [403, { kind: "Status" }, /status 403\. The service account lacks the right/],
  [410, { kind: "Status" }, /status 410\. The list changed/],
  [500, "oops", /status 500\. Check the API server/],
  [200, "not JSON at all", /not a list\. Check/],
  [200, { kind: "Status" }, /not a list\. Check/],
])("a refusal says what to do, and the next call is served: %s %j", async (status, body, said) => {
  const { api, call, log } = await onCluster();
  const well = api.answer;
  api.answer = (_url, response) => {
    response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
  };
  expect(await call("list_pods")).toMatchObject({ isError: true, text: expect.stringMatching(said) });
  api.answer = well;
  expect((await call("list_pods")).isError).toBe(false);
  expect(log.join()).not.toContain("token-of-the-test");
});

test("an API server that hangs, sends slowly or disconnects is an error", async () => {
  const { api, call } = await onCluster(0.5);
  const late = expect.stringMatching(/no answer within 0\.5 s\. Check the API server/);
  api.answer = () => undefined;
  expect(await call("list_nodes")).toEqual({ isError: true, text: late });
  api.answer = (_url, response) => {
    response.writeHead(200);
    const trickle = setInterval(() => response.write(" "), 50);
    response.once("close", () => clearInterval(trickle));
  };
  expect(await call("list_nodes")).toEqual({ isError: true, text: late });
  api.answer = (_url, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("{", () => response.destroy());
  };
  expect((await call("list_nodes")).text).toMatch(
    /did not answer GET \/api\/v1\/nodes: .*(aborted|hang up|reset)/,
  );
});

test("an API server with an untrusted certificate is refused", async () => {
  const api = await fakeKubernetes();
  writeFileSync(join(api.credentials, "ca.crt"), "");
  const { call } = await serving({ kubernetes: inCluster(api) });
  expect((await call("list_nodes")).text).toMatch(/self-signed certificate/);
  expect(api.asked).toEqual([]);
});

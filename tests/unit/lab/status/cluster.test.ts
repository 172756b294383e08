import { expect, test } from "vitest";
import { readCluster } from "../../../../lab/status/cluster.ts";
import { fakeKubernetes, json } from "../../support/kubernetesApi.ts";

const since = "2026-07-28T08:00:00Z";
const isoSince = "2026-07-28T08:00:00.000Z";
const paths = {
  nodes: "/api/v1/nodes",
  pods: "/api/v1/pods",
  deployments: "/apis/apps/v1/deployments",
  statefulSets: "/apis/apps/v1/statefulsets",
  daemonSets: "/apis/apps/v1/daemonsets",
  databases: "/apis/postgresql.cnpg.io/v1/clusters",
  cronJobs: "/apis/batch/v1/cronjobs",
  jobs: "/apis/batch/v1/jobs",
};
type Lists = Partial<Record<keyof typeof paths, object[]>>;

/** What the status makes of a cluster that holds these. */
async function read(lists: Lists, missing: (keyof typeof paths)[] = []) {
  const api = await fakeKubernetes();
  api.answer = (url, response) => {
    const [kind] = (Object.keys(paths) as (keyof typeof paths)[]).filter(
      (one) => paths[one] === url.pathname,
    );
    if (!kind || missing.includes(kind)) return json(response, { kind: "Status", code: 404 }, 404);
    json(response, { metadata: {}, items: lists[kind] ?? [] });
  };
  return readCluster(api.kubeconfig);
}

const metadata = (name: string, labels: object = {}) => ({
  name,
  namespace: "data",
  labels,
  creationTimestamp: since,
});
const selector = { matchLabels: { app: "x" } };
const pod = (name: string, ready: boolean, more: object = {}, nodeName: string | undefined = "backend") => ({
  metadata: metadata(name, { app: "x" }),
  spec: { nodeName },
  status: {
    phase: "Running",
    conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    ...more,
  },
});
const deployment = (status: object, replicas = 2) => ({
  metadata: metadata("x"),
  spec: { replicas, selector },
  status,
});
/** The one service. */
const judged = async (lists: Lists) => (await read(lists)).services[0];

test("a workload runs where its pods are, since it was made", async () => {
  expect(
    await judged({
      deployments: [deployment({ readyReplicas: 2, updatedReplicas: 2 })],
      pods: [
        pod("x-1", true, {}, "mcp-node"),
        pod("x-2", true),
        {
          ...pod("x-3", true, {}, "other"),
          metadata: { ...metadata("x-3", { app: "x" }), namespace: "mcp" },
        },
        { ...pod("y", true, {}, "other"), metadata: metadata("y", { app: "y" }) },
      ],
    }),
  ).toEqual({
    name: "x",
    namespace: "data",
    kind: "Deployment",
    ready: 2,
    wanted: 2,
    node: "backend,mcp-node",
    ok: true,
    since: isoSince,
  });
});

const waiting = (reason: string, message?: string) => ({
  name: "c",
  state: { waiting: { reason, message } },
});
const cases: [string, object, string][] = [
  [
    "a container that crashes",
    { containerStatuses: [{ name: "a", state: {} }, waiting("CrashLoopBackOff", "back-off 5m")] },
    "x-1 CrashLoopBackOff: back-off 5m",
  ],
  [
    "a container that crashes and said why",
    {
      containerStatuses: [
        {
          ...waiting("CrashLoopBackOff", "back-off 5m"),
          lastState: { terminated: { exitCode: 1, message: "begins\nthe vendor refuses its token\n" } },
        },
      ],
    },
    "x-1 CrashLoopBackOff: the vendor refuses its token",
  ],
  [
    "an init container that crashes",
    {
      phase: "Pending",
      initContainerStatuses: [waiting("CrashLoopBackOff")],
      containerStatuses: [waiting("PodInitializing")],
    },
    "x-1 CrashLoopBackOff",
  ],
  [
    "no node to run on",
    { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", message: "no GPU" }] },
    "x-1 no GPU",
  ],
  ["nothing to say", {}, "x-1 Running"],
];
test.each(cases)("a pod says why it is not ready: %s", async (_what, status, said) => {
  const service = await judged({
    deployments: [deployment({ readyReplicas: 1, updatedReplicas: 2 })],
    pods: [pod("x-0", true), pod("x-1", false, status)],
  });
  expect(service).toMatchObject({ ok: false, problem: `1 of 2 ready: ${said}` });
});

test("W3 a rollout that is stuck is not well, although the old version serves", async () => {
  expect(
    await judged({
      deployments: [deployment({ readyReplicas: 2, updatedReplicas: 1 })],
      pods: [pod("x-1", true), pod("x-2", true)],
    }),
  ).toMatchObject({ ok: false, ready: 1, problem: "1 of 2 ready: an older version still runs" });
});

test("a workload without pods, or told to have none, is a problem", async () => {
  expect(await judged({ deployments: [deployment({})] })).toMatchObject({
    ok: false,
    node: "",
    problem: "0 of 2 ready: no pod",
  });
  expect(await judged({ deployments: [deployment({}, 0)] })).toMatchObject({ ok: false });
  const unscheduled = { ...pod("x-1", false), spec: {} };
  expect(await judged({ deployments: [deployment({})], pods: [unscheduled] })).toMatchObject({
    node: "unscheduled",
  });
});

test("stateful sets and daemon sets are counted in their own terms; a daemon set may want none", async () => {
  const { services } = await read({
    statefulSets: [
      {
        metadata: metadata("redis"),
        spec: { replicas: 1, selector },
        status: { readyReplicas: 1, updatedReplicas: 1 },
      },
    ],
    daemonSets: [
      {
        metadata: metadata("gpu"),
        spec: { selector },
        status: { numberReady: 3, desiredNumberScheduled: 4, updatedNumberScheduled: 4 },
      },
      {
        metadata: metadata("idle"),
        spec: { selector },
        status: { numberReady: 0, desiredNumberScheduled: 0 },
      },
    ],
  });
  expect(services.map(({ name, kind, ready, wanted, ok }) => [name, kind, ready, wanted, ok])).toEqual([
    ["redis", "StatefulSet", 1, 1, true],
    ["gpu", "DaemonSet", 3, 4, false],
    ["idle", "DaemonSet", 0, 0, true],
  ]);
});

test("D1 a database is what its operator says: one that lost its only pod is not forgotten", async () => {
  const database = (status: object) => ({ metadata: metadata("postgres"), spec: { instances: 1 }, status });
  const labels = { "cnpg.io/cluster": "postgres", "cnpg.io/podRole": "instance" };
  const instance = { ...pod("postgres-1", true), metadata: metadata("postgres-1", labels) };
  expect(await judged({ databases: [database({ readyInstances: 1 })], pods: [instance] })).toMatchObject({
    name: "postgres",
    kind: "Cluster",
    ok: true,
    node: "backend",
    since: isoSince,
  });
  expect(await judged({ databases: [database({})] })).toMatchObject({
    ok: false,
    problem: "0 of 1 ready: no pod",
  });
});

test("a cluster without the database operator has no databases", async () => {
  expect((await read({}, ["databases"])).services).toEqual([]);
  await expect(read({}, ["deployments"])).rejects.toThrow(/404/);
});

test("K2 nodes tell their roles, GPU slices, and why they are not ready", async () => {
  const node = (name: string, ready: object, spec: object = {}) => ({
    metadata: metadata(name, { "sophia.ai/role-mcp": "true", "kubernetes.io/os": "linux" }),
    spec,
    status: {
      conditions: [{ type: "Ready", ...ready }],
      nodeInfo: { kubeletVersion: "v1.36.3+k3s1" },
      allocatable: { "nvidia.com/gpu": "4" },
    },
  });
  const { nodes } = await read({
    nodes: [
      node("a", { status: "True" }),
      node("b", { status: "True" }, { unschedulable: true }),
      node("c", { status: "Unknown", message: "kubelet stopped posting" }),
      { metadata: { name: "d" }, spec: {}, status: {} },
    ],
  });
  expect(nodes[0]).toEqual({
    name: "a",
    ok: true,
    since: isoSince,
    roles: ["mcp"],
    version: "v1.36.3+k3s1",
    gpuSlices: 4,
  });
  expect(nodes.map(({ ok, problem }) => [ok, problem])).toEqual([
    [true, undefined],
    [false, "cordoned"],
    [false, "not ready: kubelet stopped posting"],
    [false, "not ready: never reported"],
  ]);
});

test("an API that hangs is given up on", async () => {
  const api = await fakeKubernetes();
  api.answer = () => undefined;
  await expect(readCluster(api.kubeconfig, 0.5)).rejects.toThrow(/timeout/i);
});

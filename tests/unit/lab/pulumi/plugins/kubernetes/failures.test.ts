import { expect, onTestFinished, test, vi } from "vitest";
import { awaitReady } from "../../../../../../lab/pulumi/plugins/kubernetes/await/await.ts";
import { helm } from "../../../../../../lab/pulumi/plugins/kubernetes/helm/binary.ts";
import { decodeRelease } from "../../../../../../lab/pulumi/plugins/kubernetes/helm/inputs.ts";
import { install } from "../../../../../../lab/pulumi/plugins/kubernetes/helm/operations.ts";
import { settingsOf } from "../../../../../../lab/pulumi/plugins/kubernetes/provider/config.ts";
import { openSession } from "../../../../../../lab/pulumi/plugins/kubernetes/provider/session.ts";
import { type FakeApi, fakeKubernetes, json } from "../../../../support/kubernetesApi.ts";

const kind = (resource: string, name: string, group = "") => ({
  resource,
  scope: group ? "Cluster" : "Namespaced",
  responseKind: { group, version: "v1", kind: name },
});
const versions = [
  { version: "v1", resources: [kind("pods", "Pod"), kind("secrets", "Secret"), kind("events", "Event")] },
];
const storage = [{ version: "v1", resources: [kind("storageclasses", "StorageClass", "storage.k8s.io")] }];
const batch = [{ version: "v1", resources: [kind("jobs", "Job", "batch")] }];
const groups: Record<string, unknown[]> = {
  "/api": [{ versions }],
  "/apis": [
    { metadata: { name: "storage.k8s.io" }, versions: storage },
    { metadata: { name: "batch" }, versions: batch },
  ],
};

/** @param program runs in place of helm */
async function session(api: FakeApi, program = "false") {
  vi.stubEnv("HELM_BINARY", program);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  api.answer = (url, response) => json(response, { items: groups[url.pathname] ?? [] });
  const log = { log: () => undefined, status: () => undefined };
  const settings = settingsOf({ kubeconfig: api.kubeconfig });
  const opened = await openSession(settings, log, new AbortController().signal);
  if (!opened.cluster) throw new Error(opened.unreachable);
  return { ...opened, cluster: opened.cluster };
}

const patience = { timeout: 0, timeoutGiven: true, status: () => undefined };
const down =
  (message: string): FakeApi["answer"] =>
  (_url, response) =>
    json(response, { message }, 500);

test("what keeps an object from being ready is reported also where its events cannot be read", async () => {
  const api = await fakeKubernetes();
  const { cluster, signal } = await session(api);
  api.answer = down("etcd is away");
  const unscheduled = { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "no node" };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "default" },
    status: { phase: "Pending", conditions: [unscheduled] },
  };
  const options = { ...patience, created: true, inputs: pod, outputs: pod };
  const error = await awaitReady({ cluster, signal, ...options }).catch((cause) => cause);
  expect(error.message).toBe("'web' timed out waiting to be Ready");
  expect(error.reasons.join("\n")).toMatch(/no node[\s\S]*the events cannot be read: etcd is away/);
});

test("what kept a Job's pod waiting is told also after the Job ran out of time, which removes the pod", async () => {
  const api = await fakeKubernetes();
  const { cluster, signal } = await session(api);
  const job = (status: object) => ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "check", namespace: "default", uid: "1" },
    status: { startTime: "2026-01-01T00:00:00Z", ...status },
  });
  const late = { type: "Failed", status: "True", reason: "DeadlineExceeded", message: "was active too long" };
  const message = "0/1 nodes are available: 1 Insufficient cpu.";
  const pending = {
    metadata: { name: "check-x", namespace: "default", ownerReferences: [{ uid: "1", controller: true }] },
    status: { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }] },
  };
  let gone = false;
  api.answer = (url, response) => {
    if (!url.pathname.includes("/jobs/")) return json(response, { items: gone ? [] : [pending] });
    gone = true;
    json(response, job({ conditions: [late] }));
  };
  const outputs = job({});
  const options = { ...patience, timeout: 10, created: true, inputs: outputs, outputs };
  const error = await awaitReady({ cluster, signal, ...options }).catch((cause) => cause);
  expect(error.reasons).toEqual(["[DeadlineExceeded] was active too long", `[Pod check-x]: ${message}`]);
});

test("why helm failed is reported also where its release cannot be read", async () => {
  const api = await fakeKubernetes();
  const opened = await session(api);
  const found = api.answer;
  let lists = 0;
  api.answer = (url, response) => {
    if (url.pathname.endsWith("/secrets")) lists += 1;
    return (lists > 1 ? down("etcd is away") : found)(url, response);
  };
  const release = decodeRelease({ chart: "chart", name: "web", namespace: "default", skipAwait: true });
  await expect(install(opened, release, "urn")).rejects.toThrow(
    "helm failed without a message\nthe release cannot be read: etcd is away",
  );
});

test("helm uses the provider's kubeconfig whatever the caller's environment says", async () => {
  const opened = await session(await fakeKubernetes(), "env");
  for (const name of ["HELM_KUBEAPISERVER", "HELM_KUBECONTEXT", "HELM_KUBETOKEN"]) vi.stubEnv(name, "other");
  vi.stubEnv("HELM_DEBUG", "kept");
  const environment = await helm(opened, []);
  expect(environment).not.toContain("HELM_KUBE");
  expect(environment).toContain("HELM_DEBUG=kept");
  expect(environment).toMatch(/^KUBECONFIG=.*helm-/m);
});

test("a claim that was bound before is waited for in vain when it is created, as with the official plugin", async () => {
  const api = await fakeKubernetes();
  const { cluster, signal } = await session(api);
  const lists = api.answer;
  const wait = (mode: string, phase: string, created: boolean) => {
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data", namespace: "default" },
      spec: { storageClassName: "local" },
      status: { phase },
    };
    api.answer = (url, response) =>
      url.pathname.includes("storageclasses")
        ? json(response, { metadata: { name: "local" }, volumeBindingMode: mode })
        : lists(url, response);
    return awaitReady({ cluster, signal, created, inputs: claim, outputs: claim, ...patience });
  };
  await expect(wait("WaitForFirstConsumer", "Pending", true)).resolves.toBeDefined();
  await expect(wait("WaitForFirstConsumer", "Bound", false)).resolves.toBeDefined();
  await expect(wait("Immediate", "Bound", true)).resolves.toBeDefined();
  await expect(wait("Immediate", "Pending", true)).rejects.toThrow("timed out");
  const error = await wait("WaitForFirstConsumer", "Bound", true).catch((cause) => cause);
  expect(error.reasons).toEqual([
    "PersistentVolumeClaim is not pending: its phase is Bound; annotate it with pulumi.com/skipAwait",
  ]);
});

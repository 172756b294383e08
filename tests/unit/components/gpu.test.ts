import { expect, test } from "vitest";
import { GpuPlugin } from "../../../components/services/gpu.ts";
import { GpuMetrics } from "../../../components/services/gpuMetrics/index.ts";
import { gpuSettings } from "../../../components/settings/sections/k3s.ts";
import { find, mockEngine, registered, resolved, unmarked } from "./registered.ts";

await mockEngine();

test("K5 the GPU plugin is a release of NVIDIA's chart", async () => {
  const gpu = new GpuPlugin("g", { settings: gpuSettings.parse({}), namespace: "gpu" });
  expect(await resolved(gpu.ready)).toBe(true);
  expect(find("kubernetes:helm.sh/v3:Release", "g-service-release")).toMatchObject({
    chart: "nvidia-device-plugin",
    atomic: true,
    name: "nvidia-device-plugin",
  });
});

test("K5 a container that asks for more than one slice is refused by Kubernetes's API", async () => {
  const gpu = new GpuPlugin("g", { settings: gpuSettings.parse({}), namespace: "gpu" });
  await resolved(gpu.ready);
  const api = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy";
  const { metadata, spec } = find(api, "g-one-slice");
  expect(spec).toMatchObject({ failurePolicy: "Fail" });
  expect(find(`${api}Binding`, "g-one-slice-binding").spec).toEqual({
    policyName: (metadata as { name: string }).name,
    validationActions: ["Deny"],
  });
});

test("M4 the plugin's digest changes with its slices, and only then", async () => {
  const digestOf = (slicesPerGpu: number) =>
    resolved(new GpuPlugin("g", { settings: gpuSettings.parse({ slicesPerGpu }), namespace: "gpu" }).digest);
  const first = await digestOf(4);
  expect(await digestOf(4)).toBe(first);
  expect(await digestOf(8)).not.toBe(first);
});

test("W2 GPUs are measured on their hosts, and told to Kubernetes by an API whose certificate it is given", async () => {
  const metrics = new GpuMetrics("m", {
    settings: gpuSettings.parse({}).autoscaling,
    image: "registry.test/monitoring:1",
    mcp: { status: "http://gateway.test:8090/status", apart: {} },
    namespaces: { gpu: "gpu", monitoring: "monitoring", mcp: "mcp" },
  });
  expect(await resolved(metrics.ready)).toBe(true);
  expect(find("kubernetes:apiregistration.k8s.io/v1:APIService", "m-registration").spec).toMatchObject({
    group: "custom.metrics.k8s.io",
    version: "v1beta2",
    service: { name: "gpu-metrics", namespace: "monitoring", port: 443 },
  });
  expect(find("kubernetes:apps/v1:DaemonSet", "m-exporter").spec).toMatchObject({
    template: { spec: { runtimeClassName: "nvidia", nodeSelector: { "nvidia.com/gpu.present": "true" } } },
  });
  expect(find("kubernetes:apps/v1:Deployment", "m-api").spec).toMatchObject({
    template: {
      spec: {
        containers: [
          {
            image: "registry.test/monitoring:1",
            env: expect.arrayContaining([
              {
                name: "SOPHIA_GPU_EXPORTERS",
                value: "http://dcgm-exporter.gpu.svc.cluster.local:9400/metrics",
              },
            ]),
          },
        ],
      },
    },
  });
  expect(unmarked(find("kubernetes:core/v1:Secret", "m-secret").stringData).secret).toBe(true);
});

test("S4 the GPU metrics may list the MCP servers' pods and read who the front proxy is, no more", async () => {
  const metrics = new GpuMetrics("m", {
    settings: gpuSettings.parse({}).autoscaling,
    image: "registry.test/monitoring:1",
    mcp: { status: "http://gateway.test:8090/status", apart: {} },
    namespaces: { gpu: "gpu", monitoring: "monitoring", mcp: "mcp" },
  });
  await resolved(metrics.ready);
  const rights = registered.filter(({ type }) => type.includes("rbac.authorization.k8s.io"));
  expect(rights.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`).sort()).toEqual([
    "Role m-role",
    "RoleBinding m-binding",
    "RoleBinding m-front-proxy",
  ]);
  expect(find("kubernetes:rbac.authorization.k8s.io/v1:Role", "m-role")).toMatchObject({
    metadata: { namespace: "mcp" },
    rules: [{ resources: ["pods"], verbs: ["list"] }],
  });
  expect(find("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "m-front-proxy")).toMatchObject({
    metadata: { namespace: "kube-system" },
    roleRef: { kind: "Role", name: "extension-apiserver-authentication-reader" },
  });
});

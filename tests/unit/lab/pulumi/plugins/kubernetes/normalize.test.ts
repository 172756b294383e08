import { expect, test } from "vitest";
import { unknown } from "../../../../../../lab/pulumi/plugins/kit/values.ts";
import {
  dropUnstoredDefaults,
  normalize,
} from "../../../../../../lab/pulumi/plugins/kubernetes/object/normalize.ts";
import { canonicalQuantity } from "../../../../../../lab/pulumi/plugins/kubernetes/object/quantity.ts";

test.each([
  ["1000m", "1"],
  ["0.5", "500m"],
  ["1.5", "1500m"],
  ["1024Mi", "1Gi"],
  ["0.5Gi", "512Mi"],
  ["1500Mi", "1500Mi"],
  ["1Ki", "1Ki"],
  ["512", "512"],
  ["1000", "1k"],
  ["0", "0"],
  ["4", "4"],
  ["-2000m", "-2"],
  ["100M", "100M"],
  ["lots", "lots"],
])("the quantity %s is stored as %s", (written, stored) => {
  expect(canonicalQuantity(written)).toBe(stored);
});

test("a workload's quantities are normalized, its labels are left alone", () => {
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "a", labels: { limits: "1000m" }, uid: "x", resourceVersion: "3" },
    spec: {
      template: {
        spec: { containers: [{ resources: { limits: { cpu: "1000m", memory: 1024 } }, env: null }] },
      },
    },
  };
  expect(normalize(deployment)).toEqual({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "a", labels: { limits: "1000m" } },
    spec: { template: { spec: { containers: [{ resources: { limits: { cpu: "1", memory: "1024" } } }] } } },
  });
  expect(deployment.metadata.uid).toBe("x");
});

test("quantities are known by their place: data and labels with the same keys stay as they are", () => {
  const words = { divisor: "1000m", sizeLimit: "1024Mi", averageValue: "0.5", value: "1000" };
  const labels = { metadata: { labels: words } };
  const configMap = { apiVersion: "v1", kind: "ConfigMap", data: words };
  expect(normalize(configMap)).toEqual(configMap);
  const pod = { volumes: [{ emptyDir: { sizeLimit: "1024Mi" } }], nodeSelector: words };
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    spec: { selector: { matchLabels: words }, template: { ...labels, spec: pod } },
  };
  const stored = { ...pod, volumes: [{ emptyDir: { sizeLimit: "1Gi" } }] };
  expect(normalize(deployment)).toEqual({
    ...deployment,
    spec: { ...deployment.spec, template: { ...labels, spec: stored } },
  });
  const metric = (averageValue: string) => ({ resource: { target: { type: "AverageValue", averageValue } } });
  const scaler = { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler" };
  expect(normalize({ ...scaler, spec: { metrics: [metric("1000m")] } }).spec).toEqual({
    metrics: [metric("1")],
  });
});

test("a Secret's plain strings become the data that the server stores", () => {
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    data: { a: "eA==\n", b: "b2xk" },
    stringData: { b: "new" },
  };
  expect(normalize(secret)).toEqual({
    apiVersion: "v1",
    kind: "Secret",
    data: { a: "eA==\n", b: "bmV3" },
  });
  expect(normalize({ apiVersion: "v1", kind: "Secret", data: { a: "eA==\n" } }).data).toEqual({ a: "eA==" });
});

test("a custom object and one with unknown parts are not normalized", () => {
  const custom = {
    apiVersion: "example.com/v1",
    kind: "Thing",
    spec: { limits: { cpu: "1000m" }, none: null },
  };
  expect(normalize(custom)).toEqual(custom);
  const later = { apiVersion: "v1", kind: "Secret", stringData: { a: unknown } };
  expect(normalize(later)).toEqual(later);
});

test("empty inputs that were sent and that the server did not store make no difference", () => {
  const input = { spec: { hostNetwork: false, replicas: 0, containers: [{ args: [], name: "a" }] } };
  const live = { spec: { replicas: 3, containers: [{ name: "a" }] } };
  const stored = { spec: { replicas: 0, containers: [{ name: "a" }] } };
  expect(dropUnstoredDefaults(input, live, input)).toEqual(stored);
});

test("an empty input that is new, or was another before, is a difference", () => {
  const input = { spec: { automountServiceAccountToken: false, containers: [{ args: [], name: "a" }] } };
  const live = { spec: { containers: [{ name: "a" }] } };
  expect(dropUnstoredDefaults(input, live, live)).toEqual(input);
  const sent = { spec: { automountServiceAccountToken: true, containers: [{ args: ["x"], name: "a" }] } };
  expect(dropUnstoredDefaults(input, live, sent)).toEqual(input);
});

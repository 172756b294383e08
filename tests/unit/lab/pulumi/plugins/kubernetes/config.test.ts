import { expect, test } from "vitest";
import { Secret, unknown } from "../../../../../../lab/pulumi/plugins/kit/values.ts";
import { parseExpectation } from "../../../../../../lab/pulumi/plugins/kubernetes/await/annotation/jsonPath.ts";
import {
  connectionOf,
  parseKubeconfig,
} from "../../../../../../lab/pulumi/plugins/kubernetes/cluster/kubeconfig.ts";
import { resourceNames } from "../../../../../../lab/pulumi/plugins/kubernetes/helm/manifest.ts";
import {
  checkConfig,
  diffConfig,
  settingsOf,
} from "../../../../../../lab/pulumi/plugins/kubernetes/provider/config.ts";
import { parseManifest } from "../../../../../../lab/pulumi/plugins/kubernetes/yaml/decode.ts";

const kubeconfig = (server: string, user: object = { token: "t" }, cluster: object = {}) =>
  JSON.stringify({
    "current-context": "a",
    contexts: [
      { name: "a", context: { cluster: "a", user: "a", namespace: "apps" } },
      { name: "b", context: { cluster: "b", user: "a" } },
    ],
    clusters: [
      { name: "a", cluster: { server, ...cluster } },
      { name: "b", cluster: { server: "https://other:6443" } },
    ],
    users: [{ name: "a", user }],
  });

test("settings that are not supported are refused by name, and so is client-side apply", () => {
  const faults = checkConfig({
    kubeconfig: "x",
    clusterIdentifier: "y",
    enableServerSideApply: "false",
    kubeClientSettings: "{}",
    alwaysRender: null,
  });
  expect(faults.map(({ property }) => property)).toEqual(["kubeClientSettings", "enableServerSideApply"]);
});

test("flags come from the configuration before the environment", () => {
  const environment = {
    PULUMI_K8S_DELETE_UNREACHABLE: "true",
    PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true",
  };
  const config = { deleteUnreachable: "false", enablePatchForce: true, kubeconfig: new Secret("k") };
  expect(settingsOf(config, environment)).toMatchObject({
    deleteUnreachable: false,
    enablePatchForce: true,
    kubeconfig: "k",
    upsertExistingObjects: true,
    namespace: "",
  });
});

test("K3 with a cluster identifier only another identifier means another cluster", () => {
  const before = { clusterIdentifier: "1", kubeconfig: kubeconfig("https://a") };
  expect(diffConfig(before, before)).toEqual({ changes: false, replaces: [] });
  expect(diffConfig(before, { ...before, kubeconfig: kubeconfig("https://b") }).replaces).toEqual([]);
  expect(diffConfig(before, { ...before, kubeconfig: unknown }).replaces).toEqual([]);
  expect(diffConfig(before, { ...before, clusterIdentifier: "2" }).replaces).toEqual(["clusterIdentifier"]);
});

test("without an identifier the active cluster of the kubeconfig decides", () => {
  const before = { kubeconfig: kubeconfig("https://a") };
  expect(diffConfig(before, { kubeconfig: kubeconfig("https://a", { token: "new" }) }).replaces).toEqual([]);
  expect(diffConfig(before, { kubeconfig: kubeconfig("https://b") }).replaces).toEqual(["kubeconfig"]);
  expect(diffConfig(before, { ...before, context: "b" }).replaces).toEqual(["context"]);
  expect(diffConfig(before, { kubeconfig: unknown }).replaces).toEqual(["kubeconfig"]);
  expect(diffConfig(before, { ...before, clusterIdentifier: "1" }).replaces).toEqual([]);
});

test("the connection is the current context's, and ways to log in that we lack are named", () => {
  const encoded = Buffer.from("certificate").toString("base64");
  const text = kubeconfig(
    "https://a:6443/",
    { "client-certificate-data": encoded, "client-key-data": encoded },
    {
      "certificate-authority-data": encoded,
    },
  );
  expect(connectionOf(parseKubeconfig(text))).toEqual({
    server: "https://a:6443",
    namespace: "apps",
    tls: { ca: "certificate", cert: "certificate", key: "certificate" },
  });
  expect(connectionOf(parseKubeconfig(text), { context: "b" })).toMatchObject({
    server: "https://other:6443",
    namespace: "default",
  });
  const exec = parseKubeconfig(kubeconfig("https://a", { exec: { command: "login" } }));
  expect(() => connectionOf(exec)).toThrow('does not support "exec"');
  expect(() => connectionOf(parseKubeconfig(text), { context: "c" })).toThrow('no context "c"');
  expect(() => parseKubeconfig("/no/such/file")).toThrow("neither a file nor");
});

test("a manifest is taken apart as kubectl does: empty documents are left out, dates stay text", () => {
  const manifest = `# only a comment
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, annotations: {day: 2026-01-02, port: "0755"}}
---
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b, namespace: c}
`;
  expect(parseManifest(manifest)).toEqual([
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", annotations: { day: "2026-01-02", port: "0755" } },
    },
    { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "b", namespace: "c" } },
  ]);
  expect(resourceNames(manifest)).toEqual({ "ConfigMap/v1": ["a"], "Deployment.apps/apps/v1": ["c/b"] });
  expect(() => parseManifest("a: [")).toThrow("the manifest is not valid YAML");
});

test("pulumi.com/waitFor's paths find values, list entries and conditions", () => {
  const object = {
    status: { phase: "Running", list: [{ a: 1 }], conditions: [{ type: "Ready", status: "True" }] },
  };
  const matches = (expression: string) => parseExpectation(expression).matches(object).matched;
  expect(matches("jsonpath={.status.phase}=Running")).toBe(true);
  expect(matches("jsonpath={.status.phase}=Failed")).toBe(false);
  expect(matches("jsonpath={.status.list[0].a}=1")).toBe(true);
  expect(matches('jsonpath={.status.conditions[?(@.type=="Ready")].status}=True')).toBe(true);
  expect(matches("jsonpath={.status.missing}")).toBe(false);
  expect(() => parseExpectation("jsonpath=.status.phase=Running")).toThrow("format should be");
  expect(() => parseExpectation("jsonpath={.a..b}")).toThrow('does not support "..b"');
});

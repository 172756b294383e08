import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "./support/controlPlane.ts";
import { objects, unique } from "./support/objects.ts";
import { configured } from "./support/provider.ts";

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane?.stop());

const start = (config: Record<string, string> = {}) =>
  configured({ kubeconfig: plane.kubeconfig, ...config });
const configMaps = { group: "", version: "v1", kind: "ConfigMap" };
const map = (name: string, data: Record<string, string> = {}, more: Record<string, string> = {}) => ({
  metadata: { name, ...(Object.keys(more).length > 0 ? { annotations: more } : {}) },
  data,
});

test("an existing object is not adopted, unless the provider's settings allow it", async () => {
  const name = unique("there");
  const type = "kubernetes:core/v1:ConfigMap";
  const { resource } = await start();
  await resource(type).create(map(name, { a: "1" }));
  await expect(resource(type).create(map(name, { a: "2" }))).rejects.toThrow(
    /already exists[\s\S]*The resource already exists in the cluster\. This can happen when/,
  );
  expect(await resource(type).create(map(name, { a: "2" }), { preview: true })).toMatchObject({
    data: { a: "2" },
  });
  const other = await start({ upsertExistingObjects: "true" });
  expect(await other.resource(type).create(map(name, { a: "2" }))).toMatchObject({ data: { a: "2" } });
});

test("two resources that name one object are refused also where existing objects are adopted", async () => {
  const name = unique("twice");
  const type = "kubernetes:core/v1:ConfigMap";
  const adopting = { upsertExistingObjects: "true" };
  const { resource } = await start(adopting);
  const first = resource(type, "first");
  const second = resource(type, "second");
  await first.create(map(name, { a: "1" }));
  await expect(second.create(map(name, { a: "2" }))).rejects.toThrow(
    /already exists[\s\S]*This can happen when/,
  );
  expect((await plane.cluster.get(configMaps, "default", name)).data).toEqual({ a: "1" });
  await first.delete();
  expect(await second.create(map(name, { a: "2" }))).toMatchObject({ data: { a: "2" } });

  // In a later update, of which one resource is new.
  const later = (await start(adopting)).resource;
  const recorded = later(type, "second");
  Object.assign(recorded, { id: second.id, state: second.state, inputs: second.inputs });
  expect((await recorded.diff(map(name, { a: "2" }))).changes).toBe(false);
  await expect(later(type, "third").create(map(name, { a: "3" }))).rejects.toThrow("already exists");
});

test("a Helm release whose name is taken is refused each time, never recorded, and left as it is", async () => {
  const name = unique("taken");
  const theirs = await objects(plane);
  const ours = await objects(plane);
  const release = (color: string) => ({
    release: {
      kind: "helm.v3.Release",
      args: { chart: join(import.meta.dirname, "charts/small"), name, values: { color } },
    },
  });
  const color = async () => (await plane.cluster.get(configMaps, "default", name)).data;
  expect((await theirs.up(release("red"))).stderr).toBe("");
  for (const _run of ["first", "second"]) {
    const refused = await ours.up(release("blue"));
    expect(refused.stdout).toContain("cannot re-use a name that is still in use");
    expect((await ours.stack.export()).resources.map(({ type }) => type)).not.toContain(
      "kubernetes:helm.sh/v3:Release",
    );
  }
  expect((await ours.stack.destroy()).stderr).toBe("");
  expect(await color()).toMatchObject({ color: "red" });
  expect((await theirs.stack.destroy()).stderr).toBe("");
});

test("fields of other managers are left alone, or taken with force", async () => {
  const name = unique("conflict");
  const { resource } = await start({ enableConfigMapMutable: "true" });
  const ours = resource("kubernetes:core/v1:ConfigMap");
  await ours.create(map(name, { a: "1" }));
  await ours.update(map(name, { a: "2" }));
  const foreign = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" } };
  await plane.cluster.apply(
    { ...foreign, data: { a: "theirs", b: "theirs" } },
    { fieldManager: "other", force: true },
  );
  const refused = await ours.update(map(name, { a: "3" })).catch((error) => error);
  expect(refused.message).toContain("server-side apply field conflict detected");
  expect(refused.message).toContain('conflict with "other"');
  const forced = map(name, { a: "3" }, { "pulumi.com/patchForce": "true" });
  expect(await ours.update(forced)).toMatchObject({ data: { a: "3", b: "theirs" } });
});

test("fields that the program no longer sets are removed by the next update", async () => {
  const name = unique("less");
  const { resource } = await start({ enableConfigMapMutable: "true" });
  const ours = resource("kubernetes:core/v1:ConfigMap");
  await ours.create(map(name, { a: "1", b: "2" }));
  const difference = await ours.diff(map(name, { a: "1" }));
  expect([...(difference.detailed ?? [])]).toEqual([
    ["data.b", { kind: "delete", replace: false, inputDiff: true }],
  ]);
  expect((await ours.update(map(name, { a: "1" }))).data).toEqual({ a: "1" });
});

test("ignored changes are no diff and stay as they are in the cluster", async () => {
  const { resource } = await start({ enableConfigMapMutable: "true" });
  const ours = resource("kubernetes:core/v1:ConfigMap");
  const name = unique("ignore");
  await ours.create(map(name, { a: "1" }));
  expect((await ours.diff(map(name, { a: "2" }), ["data.a"])).changes).toBe(false);
  expect((await ours.diff(map(name, { a: "2" }), ["data"])).changes).toBe(false);
  expect((await ours.diff(map(name, { a: "2" }), ["metadata"])).changes).toBe(true);
});

test("a refresh finds drift and missing objects", async () => {
  const { resource } = await start({ enableConfigMapMutable: "true" });
  const ours = resource("kubernetes:core/v1:ConfigMap");
  const name = unique("drift");
  await ours.create(map(name, { a: "1" }));
  const live = await plane.cluster.get(configMaps, "default", name);
  await plane.cluster.patch(live, [{ op: "replace", path: "/data/a", value: "changed" }]);
  await ours.refresh();
  expect(ours.inputs).toMatchObject({ data: { a: "changed" } });
  expect((await ours.diff(map(name, { a: "1" }))).detailed?.get("data.a")?.kind).toBe("update");
  await plane.cluster.delete(configMaps, "default", name, "Background");
  expect(await ours.refresh()).toBeUndefined();
  await ours.delete();
});

test.each([
  [
    "a role that a binding refers to",
    "rbac.authorization.k8s.io/v1:RoleBinding",
    { roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "a" } },
    { roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "b" } },
    "roleRef.name",
  ],
  ["the type of a Secret", "core/v1:Secret", { type: "Opaque" }, { type: "example.com/x" }, "type"],
  [
    "a storage class's provisioner",
    "storage.k8s.io/v1:StorageClass",
    { provisioner: "a.b/c" },
    { provisioner: "a.b/d" },
    "provisioner",
  ],
  [
    "a Service's address",
    "core/v1:Service",
    { spec: { clusterIP: "None", ports: [{ port: 1 }] } },
    { spec: { clusterIP: "10.43.9.9", ports: [{ port: 1 }] } },
    "spec.clusterIP",
  ],
])("%s cannot change: the object is deleted and made again", async (_what, type, before, after, path) => {
  const { resource } = await start();
  const metadata = { name: unique("fixed") };
  const ours = resource(`kubernetes:${type}`);
  await ours.create({ metadata, ...before });
  expect((await ours.diff({ metadata, ...before })).changes).toBe(false);
  const difference = await ours.diff({ metadata, ...after });
  expect(difference.replaces).toEqual([path]);
  expect(difference.deleteBeforeReplace).toBe(true);
});

test("different spellings of the same object are no diff", async () => {
  const { resource } = await start();
  const name = unique("same");
  const quota = resource("kubernetes:core/v1:ResourceQuota");
  const spec = { hard: { "requests.cpu": "1000m", "limits.memory": "1024Mi", pods: "10" } };
  await quota.create({ metadata: { name, labels: {} }, spec });
  expect((await quota.diff({ metadata: { name, labels: {} }, spec })).changes).toBe(false);
  const policy = resource("kubernetes:networking.k8s.io/v1:NetworkPolicy");
  const deny = {
    metadata: { name },
    spec: { podSelector: {}, ingress: [], policyTypes: ["Ingress", "Egress"] },
  };
  await policy.create(deny);
  expect((await policy.diff(deny)).changes).toBe(false);
});

test("a refresh of unchanged objects is no diff, also of empty values that the server does not store", async () => {
  const { resource } = await start();
  const metadata = { name: unique("empty"), labels: {} };
  const policy = resource("kubernetes:networking.k8s.io/v1:NetworkPolicy");
  const closed = { metadata, spec: { podSelector: {}, egress: [], policyTypes: ["Egress"] } };
  await policy.create(closed);
  const account = resource("kubernetes:core/v1:ServiceAccount");
  const locked = { metadata, automountServiceAccountToken: false };
  await account.create(locked);
  const settings = resource("kubernetes:core/v1:ConfigMap");
  await settings.create({ metadata, data: {} });
  for (const _refresh of ["first", "second"]) {
    for (const one of [policy, account, settings]) await one.refresh();
    expect((await policy.diff(closed)).changes).toBe(false);
    expect((await account.diff(locked)).changes).toBe(false);
    expect((await settings.diff({ metadata, data: {} })).changes).toBe(false);
  }
  const kind = { group: "", version: "v1", kind: "ServiceAccount" };
  const live = await plane.cluster.get(kind, "default", metadata.name);
  await plane.cluster.patch(live, [{ op: "remove", path: "/automountServiceAccountToken" }]);
  await account.refresh();
  expect((await account.diff(locked)).changes).toBe(true);
});

test("a false that the program adds is applied once", async () => {
  const { resource } = await start();
  const account = resource("kubernetes:core/v1:ServiceAccount");
  const metadata = { name: unique("added") };
  await account.create({ metadata });
  const locked = { metadata, automountServiceAccountToken: false };
  expect((await account.diff(locked)).changes).toBe(true);
  expect(await account.update(locked)).toMatchObject({ automountServiceAccountToken: false });
  expect((await account.diff(locked)).changes).toBe(false);
});

test("a preview shows the server's defaults and its rejection", async () => {
  const { resource } = await start();
  const service = resource("kubernetes:core/v1:Service");
  const spec = { ports: [{ port: 80 }] };
  const planned = await service.create({ metadata: { name: unique("plan") }, spec }, { preview: true });
  expect(planned).toMatchObject({ spec: { type: "ClusterIP", ports: [{ protocol: "TCP" }] } });
  expect(planned.status).toBeUndefined();
  await expect(service.create({ metadata: { name: "Not_A_Name" }, spec }, { preview: true })).rejects.toThrow(
    "Invalid value",
  );
});

test("an import returns the inputs that would create the object", async () => {
  const name = unique("import");
  await plane.cluster.create({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default", labels: { a: "b" } },
    data: { a: "1" },
  });
  const { resource } = await start();
  const ours = resource("kubernetes:core/v1:ConfigMap");
  ours.id = `default/${name}`;
  await ours.refresh();
  expect(ours.inputs).toEqual({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default", labels: { a: "b" } },
    data: { a: "1" },
  });
});

test("an unreachable cluster is named in the error, and its objects can be dropped from the state", async () => {
  const away = JSON.stringify({ ...JSON.parse(plane.kubeconfig) }).replaceAll(
    /127\.0\.0\.1:\d+/g,
    "127.0.0.1:9",
  );
  const { resource } = await configured({ kubeconfig: away });
  const ours = resource("kubernetes:core/v1:ConfigMap");
  const planned = await ours.create(map("a", { a: "1" }), { preview: true });
  expect(planned).toMatchObject({ data: { a: "1" } });
  await expect(ours.create(map("a"))).rejects.toThrow(/cluster is unreachable: .*ECONNREFUSED/);
  ours.id = "default/a";
  await expect(ours.refresh()).rejects.toThrow("PULUMI_K8S_DELETE_UNREACHABLE");
  await expect(ours.delete()).rejects.toThrow("cluster is unreachable");
  const lost = (await configured({ kubeconfig: away, deleteUnreachable: "true" })).resource(
    "kubernetes:core/v1:ConfigMap",
  );
  lost.id = "default/a";
  expect(await lost.refresh()).toBeUndefined();
  await lost.delete();
});

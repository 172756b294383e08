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

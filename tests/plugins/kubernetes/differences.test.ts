import { afterAll, beforeAll, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "./support/controlPlane.ts";
import { unique } from "./support/objects.ts";
import { configured } from "./support/provider.ts";

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane?.stop());

const start = (config: Record<string, string> = {}) =>
  configured({ kubeconfig: plane.kubeconfig, ...config });

test("a refresh finds drift and missing objects", async () => {
  const { resource } = await start({ enableConfigMapMutable: "true" });
  const ours = resource("kubernetes:core/v1:ConfigMap");
  const kind = { group: "", version: "v1", kind: "ConfigMap" };
  const metadata = { name: unique("drift") };
  await ours.create({ metadata, data: { a: "1" } });
  const live = await plane.cluster.get(kind, "default", metadata.name);
  await plane.cluster.patch(live, [{ op: "replace", path: "/data/a", value: "changed" }]);
  await ours.refresh();
  expect(ours.inputs).toMatchObject({ data: { a: "changed" } });
  expect((await ours.diff({ metadata, data: { a: "1" } })).detailed?.get("data.a")?.kind).toBe("update");
  await plane.cluster.delete(kind, "default", metadata.name, "Background");
  expect(await ours.refresh()).toBeUndefined();
  await ours.delete();
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

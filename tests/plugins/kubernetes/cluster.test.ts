import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../support/servers/ports.ts";
import { brief } from "../events.ts";
import { type ControlPlane, startControlPlane } from "./support/controlPlane.ts";
import { configMap, objects, unique } from "./support/objects.ts";

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane?.stop());

const kind = (name: string, group = "", version = "v1") => ({ group, version, kind: name });
const configMaps = kind("ConfigMap");
const find = (name: string, namespace = "default", wanted = configMaps) =>
  plane.cluster.get(wanted, namespace, name);

test("an object is created, unchanged, updated, drifted, refreshed, replaced both ways, deleted", async () => {
  const name = unique("life");
  const labelled = (color: string, data: string) => ({
    fixed: {
      kind: "core.v1.ConfigMap",
      args: { metadata: { name, labels: { color } }, data: { x: data } },
    },
    auto: { kind: "core.v1.ConfigMap", args: { data: { x: data } } },
  });
  const program = await objects(plane);
  const first = await program.up(labelled("red", "1"));
  expect(first.stderr).toBe("");
  expect(brief(first.steps).sort()).toEqual(["create auto", "create fixed"]);
  expect(await find(name)).toMatchObject({ data: { x: "1" }, metadata: { labels: { color: "red" } } });

  expect(brief((await program.up(labelled("red", "1"))).steps)).toEqual([]);

  const updated = await program.up(labelled("blue", "1"));
  expect(brief(updated.steps)).toEqual(["update fixed"]);
  expect(updated.steps[0]?.detailedDiff).toEqual({ "metadata.labels.color": "update" });
  expect(await find(name)).toMatchObject({ metadata: { labels: { color: "blue" } } });

  await plane.cluster.patch(await find(name), [
    { op: "replace", path: "/metadata/labels/color", value: "green" },
  ]);
  expect((await program.stack.refresh()).code).toBe(0);
  const repaired = await program.up(labelled("blue", "1"), {});
  expect(brief(repaired.steps)).toEqual(["update fixed"]);

  // A fixed name is free only when the old object is gone; an automatic one is another name.
  const replaced = await program.up(labelled("blue", "2"));
  const order = brief(replaced.steps);
  expect(order.indexOf("delete-replaced fixed")).toBeLessThan(order.indexOf("create-replacement fixed"));
  expect(order.indexOf("create-replacement auto")).toBeLessThan(order.indexOf("delete-replaced auto"));
  expect(await find(name)).toMatchObject({ data: { x: "2" } });

  expect((await program.stack.destroy()).code).toBe(0);
  await expect(find(name)).rejects.toThrow("not found");
});

test("a manifest's order does not matter: one up creates namespace, kind and object; destroy deletes them in order", async () => {
  const group = `${unique("g")}.example.com`;
  const namespace = unique("ns");
  const schema = {
    type: "object",
    properties: { spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
  };
  const resources = {
    thing: {
      kind: "apiextensions.CustomResource",
      args: {
        apiVersion: `${group}/v1`,
        kind: "Thing",
        metadata: { name: "one", namespace },
        spec: { color: "red" },
      },
    },
    map: {
      kind: "core.v1.ConfigMap",
      args: { metadata: { name: "m", namespace }, data: { a: "b" } },
    },
    definition: {
      kind: "apiextensions.v1.CustomResourceDefinition",
      args: {
        metadata: { name: `things.${group}` },
        spec: {
          group,
          scope: "Namespaced",
          names: { kind: "Thing", plural: "things" },
          versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
        },
      },
    },
    namespace: { kind: "core.v1.Namespace", args: { metadata: { name: namespace } } },
  };
  const program = await objects(plane);
  const preview = await program.preview(resources);
  expect(preview.stderr).toBe("");
  const first = await program.up(resources);
  expect(first.stderr).toBe("");
  plane.cluster.discovery.reset();
  expect(await find("one", namespace, kind("Thing", group))).toMatchObject({ spec: { color: "red" } });
  expect(brief((await program.up(resources)).steps)).toEqual([]);
  resources.thing.args.spec.color = "blue";
  expect(brief((await program.up(resources)).steps)).toEqual(["update thing"]);
  expect((await program.stack.destroy()).stderr).toBe("");
});

test("a failed update keeps what was created, and the next up continues", async () => {
  const name = unique("middle");
  const good = { first: configMap(`${name}-1`, { a: "1" }) };
  const bad = {
    ...good,
    second: configMap(`${name}_is_no_name`, { a: "1" }, { dependsOn: ["first"] }),
    third: configMap(`${name}-3`, { a: "1" }, { dependsOn: ["second"] }),
  };
  const program = await objects(plane);
  const failed = await program.up(bad);
  expect(failed.code).not.toBe(0);
  expect(failed.stdout).toContain("was not successfully created by the Kubernetes API server");
  expect(failed.stdout).toContain(`Invalid value: "${name}_is_no_name"`);
  expect(await find(`${name}-1`)).toBeDefined();
  await expect(find(`${name}-3`)).rejects.toThrow("not found");
  const fixed = { ...bad, second: configMap(`${name}-2`, { a: "1" }, { dependsOn: ["first"] }) };
  expect(brief((await program.up(fixed)).steps)).toEqual(["create second", "create third"]);
  const destroyed = await program.stack.destroy();
  expect(destroyed.stderr).toBe("");
  expect(brief(destroyed.steps).slice(0, 3)).toEqual(["delete third", "delete second", "delete first"]);
});

test("S1 secrets stay secret: contents of a Secret, values that the program marks, and the kubeconfig", async () => {
  const name = unique("secret");
  const program = await objects(plane);
  const resources = {
    password: {
      kind: "core.v1.Secret",
      args: { metadata: { name }, stringData: { password: "planted-one" } },
    },
    marked: configMap(name, { token: { $secret: "planted-two" } }),
    copy: configMap(`${name}-copy`, { data: { $of: "password.data.password" } }),
  };
  const { stdout, stderr } = await program.up(resources);
  expect(stderr).toBe("");
  const planted = ["planted-one", "planted-two", Buffer.from("planted-one").toString("base64")];
  const state = JSON.stringify(await program.stack.export());
  for (const text of planted) {
    expect(stdout.includes(text)).toBe(false);
    expect(state.includes(text)).toBe(false);
  }
  expect(state.includes("certificate-authority-data")).toBe(false);
  const opened = JSON.stringify(await program.stack.export({ showSecrets: true }));
  for (const text of planted.slice(1)) expect(opened.includes(text)).toBe(true);
  expect((await find(`${name}-copy`)).data).toEqual({ data: planted[2] });
  expect(brief((await program.up(resources)).steps)).toEqual([]);
});

test("a preview with unknown values does not call the cluster; one without shows the server's dry run", async () => {
  const name = unique("plan");
  const program = await objects(plane);
  const resources = {
    service: {
      kind: "core.v1.Service",
      args: { metadata: { name }, spec: { clusterIP: "None", ports: [{ port: 80 }] } },
    },
    reader: configMap(name, { uid: { $of: "service.metadata.uid" } }),
  };
  const planned = await program.preview(resources);
  expect(planned.stderr).toBe("");
  expect(brief(planned.steps)).toEqual(["create service", "create reader"]);
  await expect(find(name)).rejects.toThrow("not found");
  expect((await program.up(resources)).stderr).toBe("");
  const { uid } = (await find(name, "default", kind("Service"))).metadata as { uid: string };
  expect((await find(name)).data).toEqual({ uid });
});

test("C1 a plan is compared with the state where the API cannot be reached, and an update says so", async () => {
  const name = unique("closed");
  const program = await objects(plane);
  const labels = (color: string) => ({
    a: { kind: "core.v1.ConfigMap", args: { metadata: { name, labels: { color } } } },
  });
  await program.up(labels("red"));
  const kubeconfig = plane.kubeconfig.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${await freePort()}`);
  const closed = { secrets: { kubeconfig } };
  expect(brief((await program.preview(labels("blue"), closed)).steps)).toEqual(["update a"]);
  expect((await program.up(labels("blue"), closed)).stdout).toContain("cluster is unreachable");
});

test("objects in a deleted namespace are not deleted one by one", async () => {
  const namespace = unique("gone");
  const program = await objects(plane);
  const resources = {
    namespace: { kind: "core.v1.Namespace", args: { metadata: { name: namespace } } },
    map: {
      kind: "core.v1.ConfigMap",
      args: { metadata: { name: "m", namespace }, data: {} },
      dependsOn: ["namespace"],
      deletedWith: "namespace",
    },
  };
  expect((await program.up(resources)).stderr).toBe("");
  expect((await program.stack.destroy()).stderr).toBe("");
  await expect(find(namespace, "", kind("Namespace"))).rejects.toThrow("not found");
});

test("K3 a new kubeconfig replaces nothing, a new cluster identifier replaces everything", async () => {
  const name = unique("move");
  const program = await objects(plane);
  const resources = { a: configMap(name, { a: "1" }) };
  await program.up(resources);
  const other = JSON.stringify({ ...JSON.parse(plane.kubeconfig), preferences: { changed: true } });
  const moved = JSON.parse(other);
  moved.clusters[0].cluster["tls-server-name"] = "localhost";
  const changed = await program.up(resources, { secrets: { kubeconfig: JSON.stringify(moved) } });
  expect(brief(changed.steps)).toEqual([]);
  expect(
    (await program.stack.export({ showSecrets: true })).resources.some(({ inputs }) =>
      JSON.stringify(inputs ?? {}).includes("tls-server-name"),
    ),
  ).toBe(true);
  const reborn = await program.preview(resources, { config: { provider: { clusterIdentifier: "another" } } });
  expect(brief(reborn.steps)).toContain("replace a");
});

test("an object is imported by its id, and adopted unchanged", async () => {
  const name = unique("import");
  await plane.cluster.create({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
    data: { a: "1" },
  });
  const program = await objects(plane);
  const entry = {
    kind: "core.v1.ConfigMap",
    args: { metadata: { name, namespace: "default" }, data: { a: "1" } },
  };
  const imported = await program.up({ a: { ...entry, options: { import: `default/${name}` } } });
  expect(imported.stderr).toBe("");
  expect(brief(imported.steps)).toContain("import a");
  expect(brief((await program.up({ a: entry })).steps)).toEqual([]);
});

test("types, settings and functions that are not supported are refused by name", async () => {
  const program = await objects(plane, { renderYamlToDirectory: "out" });
  const refused = await program.up({ a: configMap(unique("no"), {}) });
  expect(refused.code).not.toBe(0);
  expect(refused.stdout).toContain('does not support "renderYamlToDirectory"');
  const other = await objects(plane);
  const patch = { kind: "core.v1.NamespacePatch", args: { metadata: { name: "default" } } };
  const failed = await other.up({ patch });
  expect(failed.stdout).toContain("does not support Patch resources: kubernetes:core/v1:NamespacePatch");
});

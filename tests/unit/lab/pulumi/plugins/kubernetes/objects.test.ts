import { expect, test } from "vitest";
import { Secret, unknown } from "../../../../../../lab/pulumi/plugins/kit/values.ts";
import { idOf, parseId } from "../../../../../../lab/pulumi/plugins/kubernetes/object/access.ts";
import {
  checkpoint,
  parseCheckpoint,
  toObject,
} from "../../../../../../lab/pulumi/plugins/kubernetes/object/checkpoint.ts";
import {
  detailedDiff,
  formatPath,
} from "../../../../../../lab/pulumi/plugins/kubernetes/object/detailedDiff.ts";
import { forceNewProperties } from "../../../../../../lab/pulumi/plugins/kubernetes/object/forceNew.ts";
import { kindOfType } from "../../../../../../lab/pulumi/plugins/kubernetes/object/kind.ts";
import {
  mergePatch,
  threeWayMergePatch,
} from "../../../../../../lab/pulumi/plugins/kubernetes/object/mergePatch.ts";
import { adoptAutoname, autoname } from "../../../../../../lab/pulumi/plugins/kubernetes/object/naming.ts";
import { prune } from "../../../../../../lab/pulumi/plugins/kubernetes/object/prune.ts";

test("the live object is cut to the shape of its inputs", () => {
  const live = {
    a: 1,
    b: { c: 2, d: 3 },
    list: [
      { x: 1, y: 2 },
      { x: 3, y: 4 },
    ],
    extra: true,
  };
  expect(prune(live, { b: { c: 9 }, list: [{ x: 0 }], a: 0 })).toEqual({
    a: 1,
    b: { c: 2 },
    list: [{ x: 1 }],
  });
});

test("merge patches say what changed and what was taken away", () => {
  expect(mergePatch({ a: 1, b: { c: 1, d: 1 }, e: [1] }, { a: 1, b: { c: 2 }, e: [1, 2], f: 1 })).toEqual({
    b: { c: 2, d: null },
    e: [1, 2],
    f: 1,
  });
  expect(mergePatch({ a: { b: [1] } }, { a: { b: [1] } })).toEqual({});
  expect(mergePatch({ a: 1 }, { a: unknown })).toEqual({ a: null });
  expect(threeWayMergePatch({ a: 1, old: 1 }, { a: 2, new: 3 }, { a: 1, old: 1, status: "live" })).toEqual({
    a: 2,
    new: 3,
    old: null,
  });
});

const diffOf = (old: Record<string, never>, next: Record<string, never>, forceNew: string[]) =>
  Object.fromEntries(
    [...detailedDiff(mergePatch(old, next), { base: old, newInputs: next, oldInputs: old, forceNew })].map(
      ([path, { kind, replace }]) => [path, replace ? `${kind}-replace` : kind],
    ),
  );

test("differences are told property by property, and those of fixed ones replace", () => {
  const old = {
    metadata: { name: "a", labels: { "x.y/z": "1", gone: "1" } },
    spec: {
      selector: { matchLabels: { a: "1" } },
      replicas: 1,
      containers: [{ image: "a", name: "c" }, { name: "d" }],
    },
  };
  const next = {
    metadata: { name: "b", labels: { "x.y/z": "2" } },
    spec: {
      selector: { matchLabels: { a: "2" } },
      replicas: 1,
      containers: [{ image: "b", name: "c" }],
      paused: true,
    },
  };
  expect(
    diffOf(old as never, next as never, [".metadata.name", ".spec.selector", ".spec.containers[*].image"]),
  ).toEqual({
    "metadata.name": "update-replace",
    'metadata.labels["x.y/z"]': "update",
    "metadata.labels.gone": "delete",
    "spec.selector.matchLabels.a": "update-replace",
    "spec.containers[0].image": "update-replace",
    "spec.containers[1]": "delete",
    "spec.paused": "add",
  });
});

test("an unknown input is a difference, of unknown value", () => {
  expect(diffOf({ a: "1" } as never, { a: unknown, b: unknown } as never, [".a"])).toEqual({
    a: "update-replace",
    b: "add",
  });
});

test("property paths are written as the engine reads them", () => {
  expect(formatPath(["spec", "ports", 0, "a.b", 'say "x"'])).toBe('spec.ports[0]["a.b"]["say \\"x\\""]');
});

test("Secrets and ConfigMaps are replaced unless they may change", () => {
  const frozen = { enableSecretMutable: false, enableConfigMapMutable: false };
  const free = { enableSecretMutable: true, enableConfigMapMutable: true };
  const configMap = { apiVersion: "v1", kind: "ConfigMap" };
  const secret = { apiVersion: "v1", kind: "Secret" };
  expect(forceNewProperties(configMap, frozen)).toContain(".data");
  expect(forceNewProperties(configMap, free)).not.toContain(".data");
  expect(forceNewProperties({ ...configMap, immutable: true }, free)).toContain(".data");
  expect(forceNewProperties(secret, frozen)).toContain(".stringData");
  expect(forceNewProperties(secret, free)).toEqual([".metadata.name", ".metadata.namespace", ".type"]);
});

test("type tokens name group, version and kind", () => {
  expect(kindOfType("kubernetes:core/v1:Pod")).toEqual({ group: "", version: "v1", kind: "Pod" });
  expect(kindOfType("kubernetes:apps/v1:Deployment").group).toBe("apps");
  expect(() => kindOfType("aws:s3:Bucket")).toThrow('unrecognized resource type: "aws:s3:Bucket"');
  expect(() => kindOfType("kubernetes:index:Thing")).toThrow("does not have both a group and a version");
});

test("ids hold the namespace where there is one", () => {
  expect(idOf({ metadata: { name: "n", namespace: "s" } })).toBe("s/n");
  expect(parseId("s/n")).toEqual({ namespace: "s", name: "n" });
  expect(parseId("n")).toEqual({ namespace: "", name: "n" });
});

test("an unnamed object gets a name of its own, the same in preview and update, and keeps it", () => {
  const randomSeed = new Uint8Array([1, 2, 3]);
  const first = { metadata: {} };
  const again = {};
  autoname(first, "web", { randomSeed });
  autoname(again, "web", { randomSeed });
  expect(first).toEqual(again);
  expect(first).toMatchObject({
    metadata: {
      name: expect.stringMatching(/^web-[0-9a-f]{8}$/),
      annotations: { "pulumi.com/autonamed": "true" },
    },
  });
  const next = {};
  adoptAutoname(next, first);
  expect(next).toEqual(first);
  expect(() =>
    autoname({}, "web", { randomSeed, autonaming: { mode: "disable", proposedName: "" } }),
  ).toThrow("autonaming is disabled");
});

test("the state keeps the live object without its list of managers, and what was secret stays so", () => {
  const inputs = { apiVersion: "v1", kind: "ConfigMap", data: { a: "x" } };
  const live = { ...inputs, metadata: { uid: "1", managedFields: [{ manager: "kubelet" }] } };
  const memory = { initialApiVersion: "v1", fieldManager: "pulumi-kubernetes-12345678" };
  const state = checkpoint(live, { data: { a: new Secret("x") } }, memory);
  expect(state.data).toEqual({ a: new Secret("x") });
  expect(parseCheckpoint(state)).toEqual({ live: { ...inputs, metadata: { uid: "1" } }, ...memory });
  expect(live.metadata.managedFields).toHaveLength(1);
});

test("the contents of a Secret are secret even when nobody said so", () => {
  const object = { apiVersion: "v1", kind: "Secret", data: { a: "eA==" } };
  const state = checkpoint(object, {}, { initialApiVersion: "v1", fieldManager: "m" });
  expect(state.data).toBeInstanceOf(Secret);
});

test("schema keys with dashes have underscores in the state only", () => {
  const object = { kind: "X", schema: { "x-kubernetes-int-or-string": true } };
  const state = checkpoint(object, {}, { initialApiVersion: "v1", fieldManager: "m" });
  expect(state.schema).toEqual({ x_kubernetes_int_or_string: true });
  expect(toObject({ schema: { x_kubernetes_int_or_string: true } })).toEqual({ schema: object.schema });
});

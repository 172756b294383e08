import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { prometheusValues } from "../../../components/monitoring/monitoring.ts";
import { namespaceNames } from "../../../components/network/names.ts";
import { postgresValues } from "../../../components/services/postgres/values.ts";
import { redisValues } from "../../../components/services/redis/redis.ts";
import { monitoringSettings } from "../../../components/settings/sections/monitoring.ts";
import { postgresSettings, redisSettings } from "../../../components/settings/sections/services.ts";
import { at, list, nameOf } from "../../../lab/pulumi/plugins/kubernetes/object/access.ts";
import { run } from "../../../tools/exec.ts";
import { repository } from "../../../tools/repository.ts";
import { type ControlPlane, startControlPlane } from "./support/controlPlane.ts";
import { copyOf, kubeconfigFile } from "./support/helm.ts";
import { imageOf, whileRunning } from "./support/kubelet.ts";
import { unique } from "./support/objects.ts";
import { configured } from "./support/provider.ts";

/*
 * Our charts, helm, an API server and its StatefulSet controller are real; the kubelet is the test.
 */

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
  process.env.HELM_BINARY = plane.helm;
});
afterAll(() => plane?.stop());

const type = "kubernetes:helm.sh/v3:Release";
const pods = { group: "", version: "v1", kind: "Pod" };
const sets = { group: "apps", version: "v1", kind: "StatefulSet" };
const charts = join(repository, "charts");
const broken = "registry.test/none:1.0";
const pulls = (image: string) => image !== broken;
const storageClass = "local-path";

const redis = (more: object = {}) => ({
  ...redisValues(redisSettings.parse({}), { storageClass, loginsHash: "1", tlsHash: "1" }),
  ...more,
});
const monitoring = (images: object = {}) => {
  const values = prometheusValues(monitoringSettings.parse({}), {
    monitored: { targets: [], rules: {} },
    namespaces: Object.fromEntries(namespaceNames.map((name) => [name, name])) as Record<
      (typeof namespaceNames)[number],
      string
    >,
    hosts: [],
    storageClass,
  });
  return { ...values, images: { ...values.images, ...images } };
};

/** A release of our charts, with a kubelet for its pods. */
async function release(name: string) {
  const { resource } = await configured({ kubeconfig: plane.kubeconfig });
  const ours = resource(type);
  const args = (chart: string, values: object, timeout = 300) => ({
    name,
    chart,
    timeout,
    atomic: true,
    cleanupOnFail: true,
    values: values as Record<string, never>,
  });
  const install = (chart: string, values: object) =>
    whileRunning(plane, name, pulls, ours.create(args(chart, values)));
  const upgrade = (chart: string, values: object, timeout?: number) =>
    whileRunning(plane, name, pulls, ours.update(args(chart, values, timeout)));
  /** Images of the pods that are ready, by pod. */
  const ready = async () => {
    const found = await plane.cluster.list(pods, "default", `app.kubernetes.io/instance=${name}`);
    const isReady = (pod: (typeof found)[number]) =>
      list(pod, "status", "conditions").some(
        (condition) => condition.type === "Ready" && condition.status === "True",
      );
    return Object.fromEntries(found.filter(isReady).map((pod) => [nameOf(pod), imageOf(pod)] as const));
  };
  /** Installs a chart, and upgrades it to images that cannot be pulled. @returns what runs then, which must be what ran before */
  const runsAgain = async (chart: string, values: object, brokenValues: object) => {
    await install(chart, values);
    const before = await ready();
    await expect(upgrade(chart, brokenValues, 40)).rejects.toThrow(/rolled back/);
    expect(await ready()).toEqual(before);
    return before;
  };
  return { install, upgrade, ready, runsAgain };
}

const policyOf = async (name: string) =>
  at(await plane.cluster.get(sets, "default", name), "spec", "podManagementPolicy");

test("W3 Redis runs again after an upgrade to an image that cannot be pulled, and takes the next one", async () => {
  const name = unique("redis");
  const ours = await release(name);
  const chart = join(charts, "redis");
  const running = await ours.runsAgain(chart, redis(), redis({ image: broken }));
  expect(running).toEqual({ [`${name}-0`]: redis().image });
  const next = "registry.test/redis:2.0";
  await ours.upgrade(chart, redis({ image: next }));
  expect(await ours.ready()).toEqual({ [`${name}-0`]: next });
});

test("W3 Prometheus and Alertmanager run again after an upgrade to images that cannot be pulled", async () => {
  const ours = await release(unique("prometheus"));
  const images = { prometheus: broken, alertmanager: broken };
  const running = await ours.runsAgain(join(charts, "prometheus"), monitoring(), monitoring(images));
  expect(Object.keys(running).sort()).toEqual(["alertmanager-0", "prometheus-0"]);
});

test("a set from before this policy is upgraded as it is, and gets the policy when it is made again", async () => {
  const name = unique("older");
  const ours = await release(name);
  const older = await copyOf(join(charts, "redis"));
  const file = join(older, "templates/statefulset.yaml");
  const policy = /podManagementPolicy: .*/;
  await writeFile(file, (await readFile(file, "utf8")).replace(policy, "podManagementPolicy: OrderedReady"));
  await ours.install(older, redis());
  expect(await policyOf(name)).toBe("OrderedReady");
  await ours.upgrade(join(charts, "redis"), redis({ loginsHash: "2" }));
  expect(await policyOf(name)).toBe("OrderedReady");

  // The step of the runbook.
  await plane.client.request({
    method: "DELETE",
    path: `/apis/apps/v1/namespaces/default/statefulsets/${name}`,
    query: { propagationPolicy: "Orphan" },
  });
  await waitFor({ what: "the set to be gone", deadline: 240, interval: 0.5 }, async () => {
    const left = (await plane.cluster.list(sets, "default")).map(nameOf);
    return left.includes(name) ? notYet("it is there") : true;
  });
  await ours.upgrade(join(charts, "redis"), redis({ loginsHash: "3" }));
  expect(await policyOf(name)).toBe("Parallel");
  expect(Object.keys(await ours.ready())).toEqual([`${name}-0`]);
});

test("D1 another major version of PostgreSQL is refused while a cluster runs, before anything changes", async () => {
  const name = unique("postgres");
  const env = { KUBECONFIG: await kubeconfigFile(plane) };
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "clusters.postgresql.cnpg.io" },
    spec: {
      group: "postgresql.cnpg.io",
      names: { kind: "Cluster", listKind: "ClusterList", plural: "clusters", singular: "cluster" },
      scope: "Namespaced",
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        },
      ],
    },
  };
  await plane.cluster.apply(definition, { fieldManager: "test" });
  const image = (tag: string) => `registry.test:5000/postgresql:${tag}`;
  const cluster = {
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    metadata: { name, namespace: "default" },
    spec: { imageName: image("15.20-standard") },
  };
  // The API server takes a moment to serve a new kind.
  await waitFor({ what: "the kind Cluster to be served", deadline: 240, interval: 0.2 }, () => {
    plane.cluster.discovery.reset();
    return plane.cluster.apply(cluster, { fieldManager: "test" });
  });
  const upgrade = (tag: string) => {
    const values = { ...postgresValues(postgresSettings.parse({ image: image(tag) }), storageClass), name };
    const args = ["template", name, join(charts, "postgres"), "--dry-run=server", "--values", "-"];
    return run(plane.helm, args, { env, stdin: JSON.stringify(values) });
  };
  await expect(upgrade("16.1-standard")).rejects.toThrow(
    /the databases run on .*15\.20-standard, and .*16\.1-standard is of another major version/,
  );
  expect((await upgrade("15.21-standard")).stdout).toContain("postgresql:15.21-standard");
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "./support/controlPlane.ts";
import { end, failToPull, podsOf, run } from "./support/kubelet.ts";
import { unique } from "./support/objects.ts";
import { configured } from "./support/provider.ts";

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane?.stop());

const start = () => configured({ kubeconfig: plane.kubeconfig });
const template = (app: string, image = "example.com/app:1.0") => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: "main", image }] },
});
const workload = (app: string, image?: string, annotations = {}) => ({
  metadata: { name: app, annotations },
  spec: { selector: { matchLabels: { app } }, template: template(app, image) },
});
/** A promise that is expected to fail, as the error it failed with. */
const failure = (
  promise: Promise<unknown>,
): Promise<Error & { reasons?: string[]; outputs?: Record<string, unknown> }> =>
  promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error) => error,
  );

test("a Deployment is waited for until its pods are ready, again at each rollout, and at once without a rollout", async () => {
  const app = unique("web");
  const { resource, said } = await start();
  const deployment = resource("kubernetes:apps/v1:Deployment");
  const creating = deployment.create(workload(app));
  for (const pod of await podsOf(plane, app)) await run(plane, pod);
  expect(await creating).toMatchObject({ status: { readyReplicas: 1 } });
  expect(said).toContain("✅ Deployment initialization complete");

  const updating = deployment.update(workload(app, "example.com/app:2.0"));
  for (const pod of await podsOf(plane, app, "example.com/app:2.0")) await run(plane, pod);
  expect(await updating).toMatchObject({ status: { updatedReplicas: 1 } });
  await deployment.update({
    ...workload(app, "example.com/app:2.0"),
    metadata: { name: app, labels: { a: "b" } },
  });
  expect(await deployment.refresh()).toBeDefined();
});

test("a Deployment whose image cannot be pulled fails with the reason, is recorded, and recovers", async () => {
  const app = unique("broken");
  const { resource } = await start();
  const deployment = resource("kubernetes:apps/v1:Deployment");
  // Enough for the controllers to make the pods, on any machine: what is told is of them.
  const creating = failure(
    deployment.create(workload(app, undefined, { "pulumi.com/timeoutSeconds": "20" })),
  );
  const pods = await podsOf(plane, app);
  for (const pod of pods) await failToPull(plane, pod);
  const error = await creating;
  expect(error.message).toContain("failed to fully initialize or become live");
  expect(error.message).toContain(`'${app}' timed out waiting to be Ready`);
  expect(error.reasons).toContain("Minimum number of live Pods was not attained");
  expect(error.reasons?.join("\n")).toContain(
    "containers with unready status: [main][ErrImagePull] no such image",
  );
  expect(error.outputs).toMatchObject({ kind: "Deployment", metadata: { name: app } });

  const refreshed = await failure(deployment.refresh());
  expect(refreshed.reasons).toContain("Minimum number of live Pods was not attained");
  for (const pod of pods) await run(plane, pod);
  expect(await deployment.update(workload(app))).toMatchObject({ status: { readyReplicas: 1 } });
  await deployment.delete();
  expect(await deployment.refresh()).toBeUndefined();
});

test("a StatefulSet is waited for until all replicas are ready and of one revision", async () => {
  const app = unique("store");
  const { resource } = await start();
  const set = resource("kubernetes:apps/v1:StatefulSet");
  const creating = set.create({ ...workload(app), spec: { ...workload(app).spec, serviceName: app } });
  for (const pod of await podsOf(plane, app)) await run(plane, pod);
  expect(await creating).toMatchObject({ status: { readyReplicas: 1, currentReplicas: 1 } });
});

test("a DaemonSet without nodes is ready, and says so", async () => {
  const app = unique("agent");
  const { resource, said } = await start();
  await resource("kubernetes:apps/v1:DaemonSet").create(workload(app));
  expect(said).toContain("✅ All replicas scheduled as expected. Replicas: 0");
});

test("a Job is waited for until it is complete, and the wait ends as soon as it has failed", async () => {
  const { resource } = await start();
  const job = (app: string) => ({
    metadata: { name: app },
    spec: {
      backoffLimit: 0,
      template: { ...template(app), spec: { ...template(app).spec, restartPolicy: "Never" } },
    },
  });
  const good = unique("job");
  const succeeding = resource("kubernetes:batch/v1:Job").create(job(good));
  for (const pod of await podsOf(plane, good)) await end(plane, pod, "Succeeded");
  expect(await succeeding).toMatchObject({ status: { succeeded: 1 } });
  const bad = unique("job");
  const failing = failure(resource("kubernetes:batch/v1:Job").create(job(bad)));
  for (const pod of await podsOf(plane, bad)) await end(plane, pod, "Failed");
  expect((await failing).reasons?.join("\n")).toContain("[BackoffLimitExceeded]");
});

test("a Service waits for its pods' endpoints; one without selector or cluster address does not", async () => {
  const app = unique("svc");
  const { resource } = await start();
  const service = (name: string, spec: object) => ({
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...spec },
  });
  const of = () => resource("kubernetes:core/v1:Service");
  // Neither could ever end if it waited: nothing serves them.
  await of().create(service(`${app}-headless`, { clusterIP: "None", selector: { app } }));
  await of().create(service(`${app}-bare`, {}));

  // The endpoints controller serves no pod whose node it does not know.
  const nodeName = unique("node");
  await plane.cluster.create({ apiVersion: "v1", kind: "Node", metadata: { name: nodeName } });
  const pod = resource("kubernetes:core/v1:Pod");
  const starting = pod.create({
    metadata: { name: app, labels: { app } },
    spec: { ...template(app).spec, nodeName },
  });
  const [waiting] = await podsOf(plane, app);
  const creating = of().create(service(app, { selector: { app } }));
  await run(plane, waiting ?? {});
  await starting;
  expect(await creating).toMatchObject({ spec: { clusterIP: expect.stringMatching(/^10\.43\./) } });
});

test("a claim that binds to its first consumer is not waited for; one that stays unbound fails with its phase", async () => {
  const name = unique("late");
  const { resource } = await start();
  const storageClass = resource("kubernetes:storage.k8s.io/v1:StorageClass");
  await storageClass.create({
    metadata: { name },
    provisioner: "example.com/none",
    volumeBindingMode: "WaitForFirstConsumer",
  });
  const claim = (storageClassName: string) => ({
    metadata: { name: storageClassName },
    spec: {
      storageClassName,
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "1024Mi" } },
    },
  });
  const late = resource("kubernetes:core/v1:PersistentVolumeClaim");
  await late.create(claim(name));
  expect((await late.diff(claim(name))).changes).toBe(false);
  const never = resource("kubernetes:core/v1:PersistentVolumeClaim");
  const error = await failure(never.create(claim(unique("none")), { timeout: 2 }));
  expect(error.reasons?.join()).toContain("its phase is Pending (there is no storage class");
});

test("pulumi.com/waitFor names what to wait for instead", async () => {
  const name = unique("wait");
  const { resource } = await start();
  const creating = resource("kubernetes:core/v1:ConfigMap").create({
    metadata: { name, annotations: { "pulumi.com/waitFor": "jsonpath={.data.ready}=yes" } },
    data: {},
  });
  const error = failure(creating);
  const wait = plane.cluster;
  await expect
    .poll(() =>
      wait.get({ group: "", version: "v1", kind: "ConfigMap" }, "default", name).catch(() => undefined),
    )
    .toBeDefined();
  const map = await wait.get({ group: "", version: "v1", kind: "ConfigMap" }, "default", name);
  await wait.patch(map, [{ op: "add", path: "/data", value: { ready: "yes" } }]);
  expect(await creating).toMatchObject({ data: { ready: "yes" } });
  await expect(error).rejects.toThrow("did not fail");
});

test("a finalizer that is not removed fails the deletion by name, and the object stays in the state", async () => {
  const name = unique("stuck");
  const { resource, said } = await start();
  const map = resource("kubernetes:core/v1:ConfigMap");
  await map.create({ metadata: { name, finalizers: ["example.com/never"] }, data: {} });
  const error = await failure(map.delete(2));
  expect(error.message).toContain("waited 2 s for v1/ConfigMap");
  expect(error.reasons?.join()).toContain("finalizers might be preventing deletion (example.com/never)");
  expect(said.join("\n")).toContain("finalizers might be preventing deletion");
});

test("cancelling ends a wait at once", async () => {
  const app = unique("cancel");
  const { resource, provider } = await start();
  const error = failure(resource("kubernetes:apps/v1:Deployment").create(workload(app)));
  await podsOf(plane, app);
  provider.cancel();
  expect((await error).message).toContain(`Resource operation was cancelled for "${app}"`);
});

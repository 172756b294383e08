import { notYet, waitFor } from "../../../../components/core/wait.ts";
import type { Plain } from "../../../../lab/pulumi/plugins/kit/values.ts";
import type { KubeObject } from "../../../../lab/pulumi/plugins/kubernetes/object/access.ts";
import { at, list, nameOf, text } from "../../../../lab/pulumi/plugins/kubernetes/object/access.ts";
import type { ControlPlane } from "./controlPlane.ts";

const pods = { group: "", version: "v1", kind: "Pod" };
const condition = (type: string, status = "True", more: Record<string, string> = {}) => ({
  type,
  status,
  ...more,
});

const patchStatus = (plane: ControlPlane, pod: KubeObject, status: Record<string, Plain>) =>
  plane.client.request({
    method: "PATCH",
    path: `/api/v1/namespaces/default/pods/${nameOf(pod)}/status`,
    contentType: "application/strategic-merge-patch+json",
    body: { status },
  });

const untouched = (pod: KubeObject) => !at(pod, "status", "conditions");

/** Image of a pod's first container. */
export const imageOf = (pod: KubeObject) => text(list(pod, "spec", "containers")[0], "image");

/** Waits for pods with the label `app`, of an image if one is given, that nobody has touched yet. */
export const podsOf = (plane: ControlPlane, app: string, image?: string) =>
  waitFor({ what: `pods of ${app}`, deadline: 300, interval: 0.2 }, async () => {
    const found = (await plane.cluster.list(pods, "default", `app=${app}`)).filter(
      (pod) => (!image || imageOf(pod) === image) && untouched(pod),
    );
    return found.length > 0 ? found : notYet("none yet");
  });

/** Does what a kubelet does when a pod runs and its probes succeed. */
export const run = (plane: ControlPlane, pod: KubeObject) =>
  patchStatus(plane, pod, {
    phase: "Running",
    podIP: "10.42.0.9",
    podIPs: [{ ip: "10.42.0.9" }],
    conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => condition(type)),
  });

/** A pod whose container is in this state. */
const notReady = (phase: string, why: Record<string, string>, state: Record<string, Plain>) => ({
  phase,
  conditions: [condition("PodScheduled"), condition("Initialized"), condition("Ready", "False", why)],
  containerStatuses: [
    { name: "main", image: "example.com/app:1.0", imageID: "", ready: false, restartCount: 0, state },
  ],
});

/** Does what a kubelet does when a pod's image cannot be pulled. */
export const failToPull = (plane: ControlPlane, pod: KubeObject) =>
  patchStatus(
    plane,
    pod,
    notReady(
      "Pending",
      { reason: "ContainersNotReady", message: "containers with unready status: [main]" },
      { waiting: { reason: "ErrImagePull", message: "no such image" } },
    ),
  );

/** Does what a kubelet does when a pod has ended. */
export const end = (plane: ControlPlane, pod: KubeObject, phase: "Succeeded" | "Failed") =>
  patchStatus(
    plane,
    pod,
    phase === "Failed"
      ? notReady(phase, { reason: "PodFailed" }, { terminated: { exitCode: 3, reason: "Error" } })
      : notReady(phase, { reason: "PodCompleted" }, { terminated: { exitCode: 0, reason: "Completed" } }),
  );

/** Runs a release's pods as they come, of images that `pulls` knows, until the work is done; the others never start. */
export async function whileRunning<Result>(
  plane: ControlPlane,
  release: string,
  pulls: (image: string) => boolean,
  work: Promise<Result>,
): Promise<Result> {
  let isOver = false;
  const settled = work.finally(() => {
    isOver = true;
  });
  const selector = `app.kubernetes.io/instance=${release}`;
  const served = waitFor({ what: `work on ${release}`, deadline: 600, interval: 0.3 }, async () => {
    for (const pod of (await plane.cluster.list(pods, "default", selector)).filter(untouched)) {
      await (pulls(imageOf(pod)) ? run(plane, pod) : failToPull(plane, pod));
    }
    return isOver ? true : notYet("under way");
  });
  const [result] = await Promise.all([settled, served]);
  return result;
}

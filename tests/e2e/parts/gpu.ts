import { get } from "node:https";
import { AppsV1Api, AutoscalingV2Api, CoreV1Api } from "@kubernetes/client-node";
import { afterAll, expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { kubeconfig, minutes } from "../lab.ts";
import { inPod } from "../reach.ts";

const namespace = "mcp";
const server = "sophia-infrastructure";

/** Seconds from the load to the first replica more. How long its container then takes to start is the machine's affair. */
const scaleUp = 30;

const core = () => kubeconfig().makeApiClient(CoreV1Api);
/** Replicas that are there. */
const pods = async () => {
  const apps = kubeconfig().makeApiClient(AppsV1Api);
  return (await apps.readNamespacedDeployment({ namespace, name: server })).status?.replicas ?? 0;
};
const autoscaler = () =>
  kubeconfig()
    .makeApiClient(AutoscalingV2Api)
    .readNamespacedHorizontalPodAutoscaler({ namespace, name: server });

/** Makes the GPU of the MCP node show that it is so busy. */
const busy = (percent: number) =>
  inPod(
    "gpu",
    "app.kubernetes.io/name=dcgm-exporter",
    "exporter",
    ["/usr/bin/dcgm-exporter", "lab-set", String(percent)],
    "mcp-node",
  );

/** What Kubernetes's API answers, aggregated APIs included. */
async function read(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const config = kubeconfig();
  const options = {};
  await config.applyToHTTPSOptions(options);
  return new Promise((resolve, reject) => {
    get(`${config.getCurrentCluster()?.server}${path}`, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    }).on("error", reject);
  });
}

/** Sizes that the autoscaler chose since then, with its reasons, in the order in which it did. */
async function decisions(since: number): Promise<string[]> {
  const { items } = await core().listNamespacedEvent({
    namespace,
    fieldSelector: `involvedObject.kind=HorizontalPodAutoscaler,involvedObject.name=${server},reason=SuccessfulRescale`,
  });
  // One that was said before is the same event, seen last now; to the second.
  return items
    .map(({ message, lastTimestamp }) => ({ message: message ?? "", at: Number(lastTimestamp) }))
    .filter(({ at }) => at >= since - 1000)
    .sort((a, b) => a.at - b.at)
    .map(({ message }) => message);
}

/** Waits for a number of replicas that are wanted and there; the autoscaler's own words if they do not come. */
const replicas = (count: number, deadline: number) =>
  waitFor({ what: `${server} to have ${count} replicas`, deadline, interval: 0.5 }, async () => {
    const { status } = await autoscaler();
    if (status?.desiredReplicas === count && status.currentReplicas === count) return true;
    const said = status?.conditions?.map(({ type, status: is, message }) => `${type} ${is}: ${message}`);
    return notYet(
      `desired ${status?.desiredReplicas}, current ${status?.currentReplicas}; ${said?.join("; ")}`,
    );
  });

/** A pod whose containers ask for so many slices each. */
const pod = (...slices: string[]) => ({
  metadata: { name: "takes-gpus" },
  spec: {
    securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: "RuntimeDefault" } },
    containers: slices.map((asked, index) => ({
      name: `c${index}`,
      image: "nothing.test/one:1",
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      resources: { requests: { "nvidia.com/gpu": asked }, limits: { "nvidia.com/gpu": asked } },
    })),
  },
});

/** That GPUs are shared in whole slices, measured, and scaled by. */
export function gpu() {
  afterAll(() => busy(0));

  test("K5 quota and limits are in whole slices: four together, one a container, no part of one", async () => {
    const { spec } = await core().readNamespacedResourceQuota({ namespace, name: "quota" });
    expect(spec?.hard?.["requests.nvidia.com/gpu"]).toBe("4");
    const create = (...slices: string[]) =>
      core().createNamespacedPod({ namespace, body: pod(...slices), dryRun: "All" });
    await expect(create("0.25")).rejects.toThrow(/must be an integer/);
    await expect(create("1", "2")).rejects.toThrow(/c1: more than one nvidia.com\/gpu.*: ask for 1/);
    await expect(create("1", "1", "1", "1", "1")).rejects.toThrow(
      /exceeded quota: quota, requested: requests.nvidia.com\/gpu=5/,
    );
  });

  test("W2 Kubernetes offers the GPU's metric, of the pods that hold a slice", async () => {
    const base = "/apis/custom.metrics.k8s.io/v1beta2";
    const { body } = await waitFor({ what: "the metrics API", deadline: 60, interval: 1 }, async () => {
      const answer = await read(base);
      return answer.status === 200 ? answer : notYet(JSON.stringify(answer));
    });
    expect(body.resources).toMatchObject([{ name: "pods/gpu_utilization" }]);
    await busy(42);
    const names = await waitFor({ what: "42 % of every pod", deadline: 60, interval: 1 }, async () => {
      const all = await read(`${base}/namespaces/${namespace}/pods/*/gpu_utilization`);
      expect(all).toMatchObject({ status: 200, body: { kind: "MetricValueList" } });
      const items = all.body.items as { describedObject: { name: string }; value: string }[];
      const same = items.length > 0 && items.every(({ value }) => value === "42");
      return same ? items.map(({ describedObject: { name } }) => name) : notYet(JSON.stringify(items));
    });
    for (const name of names) expect(name).toMatch(new RegExp(`^${server}-`));
    // The metrics API may read no other namespace's pods.
    expect((await read(`${base}/namespaces/data/pods/*/gpu_utilization`)).status).toBe(503);
  });

  test(
    "W2 a GPU at 95 % of 80 % brings replicas, up to the slices that are free; an idle one takes them away",
    async () => {
      // After an attempt that failed it may still be busy.
      await busy(0);
      await replicas(1, 240);
      const start = Date.now();
      const since = (moment: number) => ((Date.now() - moment) / 1000).toFixed(1);
      await busy(95);
      await waitFor({ what: "the autoscaler to decide", deadline: scaleUp, interval: 0.25 }, async () => {
        const { status, spec } = await autoscaler();
        const enough = (status?.desiredReplicas ?? 0) > (spec?.minReplicas ?? 1);
        return enough || notYet(JSON.stringify(status?.currentMetrics));
      });
      const decided = since(start);
      const left = Math.max(1, scaleUp - Number(decided));
      await waitFor({ what: "a second replica", deadline: left, interval: 0.25 }, async () => {
        const there = await pods();
        return there > 1 || notYet(`${there} of ${server}`);
      });
      const second = since(start);
      const { status, spec } = await autoscaler();
      expect(spec?.metrics).toMatchObject([
        { type: "Pods", pods: { metric: { name: "gpu_utilization" }, target: { averageValue: "80" } } },
      ]);
      expect(status?.conditions).toContainEqual(
        expect.objectContaining({ type: "ScalingActive", status: "True", reason: "ValidMetricFound" }),
      );
      await replicas(3, 300);
      const grown = since(start);
      const up = await waitFor({ what: "the event of a decision", deadline: 60 }, async () => {
        const said = await decisions(start);
        return said.length > 0 ? said : notYet("there is none");
      });
      for (const said of up) expect(said).toContain("gpu_utilization above target");

      await busy(10);
      const idle = Date.now();
      await replicas(1, 240);
      const gone = since(idle);
      const last = await waitFor({ what: "the event of the last decision", deadline: 60 }, async () => {
        const said = (await decisions(idle)).at(-1) ?? "nothing";
        return said.startsWith("New size: 1;") ? said : notYet(said);
      });
      expect(last).toMatch(/New size: 1; reason: All metrics below target/);
      process.stderr.write(
        `GPU autoscaling: decision after ${decided} s, a second replica after ${second} s, three replicas after ${grown} s, one again ${gone} s after it was idle\n`,
      );
    },
    20 * minutes,
  );
}

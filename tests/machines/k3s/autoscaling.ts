import { expect } from "vitest";
import { stringify } from "yaml";
import { autoscaler } from "../../../mcp/deployment/scaling.ts";
import { serverConfig } from "./asks.ts";
import { type Cluster, eventually } from "./cluster.ts";
import { busyDeployment, idleFile } from "./pods.ts";

const namespace = "busy";
const name = "burner";

/** Our autoscaler, except that it does not wait five minutes before it scales down. */
function hpa(): string {
  const spec = autoscaler(name, { min: 1, max: 2 });
  const behavior = { ...(spec.behavior as object), scaleDown: { stabilizationWindowSeconds: 0 } };
  return stringify({
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name, namespace },
    spec: { ...spec, behavior },
  });
}

/** Lets pods use twice what they request, then nothing, and waits for our autoscaler to follow. */
export async function scalesByCpu({ kubectl }: Cluster): Promise<void> {
  await kubectl("apply -f -", busyDeployment(namespace, name));
  await kubectl("apply -f -", hpa());
  const current = "{.status.currentReplicas} of {.status.desiredReplicas}";
  const utilization = "{.status.currentMetrics[0].resource.current.averageUtilization}";
  const scaled = () => kubectl(`-n ${namespace} get hpa ${name} -o jsonpath='${current} at ${utilization}'`);
  await eventually("a second replica", 400, scaled, /^2 of 2 at \d+$/);
  expect(await kubectl(`-n ${namespace} get events --field-selector reason=SuccessfulRescale`)).toContain(
    "New size: 2; reason: cpu resource utilization (percentage of request) above target",
  );
  await kubectl(`-n ${namespace} rollout status deployment/${name} --timeout=240s`);
  for (const pod of (await kubectl(`-n ${namespace} get pods -o name`)).split("\n")) {
    await kubectl(`-n ${namespace} exec ${pod} -- touch ${idleFile}`);
  }
  await eventually("one replica", 400, scaled, /^1 of 1 at [0-9]$/);
  await kubectl(`delete namespace ${namespace} --wait`);
}

/** `disable` takes metrics-server away from a server that had it. */
export async function disablesMetrics(cluster: Cluster, ready: () => Promise<unknown>): Promise<void> {
  const { server, kubectl } = cluster;
  const config = serverConfig(cluster);
  const disable = [...config.disable, "metrics-server"];
  await server.must("cat > /etc/rancher/k3s/config.yaml", stringify({ ...config, disable }));
  await server.must("systemctl restart k3s");
  await ready();
  const left = () =>
    kubectl(
      "-n kube-system get apiservice/v1beta1.metrics.k8s.io deployment/metrics-server --ignore-not-found -o name",
    );
  await eventually("metrics-server to go", 240, left, /^$/);
}

import { podKey, quantity } from "./samples.ts";

/** The version that horizontal pod autoscalers ask for first. */
const group = "custom.metrics.k8s.io";
const groupVersion = `${group}/v1beta2`;
const base = `/apis/${groupVersion}`;
/** Percent of the GPU that the pod has a slice of. */
const metric = "gpu_utilization";

/** What the API is made from. */
export interface Source {
  /** Names of the namespace's pods that a label selector chooses. */
  pods(namespace: string, labelSelector: string): Promise<string[]>;
  /** Percent by pod, measured now. */
  utilisation(): Promise<Map<string, number>>;
}

export interface Answer {
  status: number;
  body: object;
}

/** A refusal or failure, in the API's own shape. Pure. */
export function failure(code: number, reason: string, message: string): Answer {
  return {
    status: code,
    body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code },
  };
}

/** What there is to ask for; Kubernetes reads it before it sends anyone here. */
const discovery: Answer = {
  status: 200,
  body: {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion,
    resources: [
      {
        name: `pods/${metric}`,
        singularName: "",
        namespaced: true,
        kind: "MetricValueList",
        verbs: ["get"],
      },
    ],
  },
};

const valuesPath = new RegExp(`^${base}/namespaces/([^/]+)/pods/([^/]+)/([^/]+)$`);

/** What a request to the API is answered. Who asks was checked before. @throws when the source fails */
export async function answer(method: string, target: string, source: Source): Promise<Answer> {
  const url = new URL(target, "https://api");
  if (method !== "GET") return failure(405, "MethodNotAllowed", `metrics can be read only, not ${method}`);
  if (url.pathname.replace(/\/$/, "") === base) return discovery;
  const parts = valuesPath.exec(url.pathname)?.slice(1).map(decodeURIComponent);
  const [namespace = "", pod = "", asked] = parts ?? [];
  if (asked !== metric)
    return failure(
      404,
      "NotFound",
      `${url.pathname} is not here: the one metric is ${metric}, of pods, in ${groupVersion}`,
    );
  if (url.searchParams.get("metricLabelSelector"))
    return failure(400, "BadRequest", `${metric} has no labels to select by: leave out metric.selector`);
  const all = pod === "*";
  const [names, values] = await Promise.all([
    all ? source.pods(namespace, url.searchParams.get("labelSelector") ?? "") : [pod],
    source.utilisation(),
  ]);
  const timestamp = new Date().toISOString().replace(/\.[0-9]+Z$/, "Z");
  const items = names.flatMap((name) => {
    const value = values.get(podKey(namespace, name));
    if (value === undefined) return [];
    const describedObject = { kind: "Pod", apiVersion: "v1", namespace, name };
    return [{ describedObject, metric: { name: metric }, timestamp, value: quantity(value) }];
  });
  if (!all && items.length === 0)
    return failure(404, "NotFound", `pod ${namespace}/${pod} holds no GPU that an exporter knows of`);
  return { status: 200, body: { kind: "MetricValueList", apiVersion: groupVersion, metadata: {}, items } };
}

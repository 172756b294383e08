import { podOf } from "../../engine/pods.ts";
import type { Fault, Rule } from "../../engine/rule.ts";
import { isOpaque, type Json, list, object } from "../../engine/values.ts";

const gpu = "nvidia.com/gpu";

/** Faults of one number of GPUs. */
function numberFaults(path: string, value: unknown, most: number): Fault[] {
  if (value === undefined || isOpaque(value)) return [];
  const number = Number(value);
  if (!/^[0-9]+$/.test(String(value))) {
    return [
      {
        path,
        message:
          `${gpu} is ${String(value)}, and Kubernetes knows whole GPUs only: 0.25 is refused by the API server. ` +
          "A GPU is offered as 4 time slices here, so a quarter is 1",
      },
    ];
  }
  return number > most
    ? [
        {
          path,
          message: `${gpu} is ${number}: two slices of one GPU are not twice the GPU, the plugin refuses more than 1`,
        },
      ]
    : [];
}

/** Labels that every node has, whatever is in it. */
const ofEveryNode = [
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
];

const tellsNodes = (label: unknown): boolean => typeof label !== "string" || !ofEveryNode.includes(label);

/** Whether a selector of nodes is narrower than all of them, or not known yet. */
const choosesNode = (selector: unknown): boolean =>
  isOpaque(selector) || Object.keys(object(selector)).some(tellsNodes);

/** Whether an affinity lets a pod run on some nodes only, in each of its alternatives, or is not known yet. */
function requiresNode(affinity: unknown): boolean {
  const node = object(affinity).nodeAffinity;
  const required = object(node).requiredDuringSchedulingIgnoredDuringExecution;
  const terms = object(required).nodeSelectorTerms;
  if ([affinity, node, required, terms].some(isOpaque)) return true;
  const alternatives = list(terms);
  return (
    alternatives.length > 0 &&
    alternatives.every(
      ({ matchExpressions, matchFields }) =>
        list(matchExpressions).some(({ key }) => tellsNodes(key)) || list(matchFields).length > 0,
    )
  );
}

/** Whether a toleration is one of the taint `nvidia.com/gpu:NoSchedule`, whatever value the taint has. */
const tolerates = ({ key, operator, effect }: Json): boolean =>
  (key === undefined || key === gpu || isOpaque(key)) &&
  (operator === "Exists" || isOpaque(operator)) &&
  (effect === undefined || effect === "NoSchedule" || isOpaque(effect));

export const gpuSlices: Rule = {
  name: "whole-gpu-slices",
  description: "GPUs are asked for in whole slices, one a container, by pods that can reach one.",
  severity: "high",
  why: "a fraction is no valid quantity, and a pod without runtime class, toleration or node never starts or starts without a driver",
  fix: `ask for ${gpu}: 1 in requests and limits alike, with runtimeClassName: nvidia, a toleration of ${gpu} with operator Exists, and a nodeSelector of a label that only nodes with GPUs have`,
  evaluate(subject) {
    const { kubernetes } = subject;
    if (kubernetes?.kind === "ResourceQuota" || kubernetes?.kind === "LimitRange")
      return quotaFaults(kubernetes.body);
    const pod = podOf(subject);
    if (!pod) return [];
    const faults: Fault[] = [];
    let asks = false;
    for (const { body, path } of pod.containers) {
      const { requests, limits } = object(body.resources);
      const wanted = object(requests)[gpu];
      const most = object(limits)[gpu];
      if (wanted === undefined && most === undefined) continue;
      asks = true;
      faults.push(...numberFaults(`${path}.resources.requests`, wanted, 1));
      faults.push(...numberFaults(`${path}.resources.limits`, most, 1));
      if (
        (most === undefined && !isOpaque(limits)) ||
        (wanted !== undefined &&
          most !== undefined &&
          ![wanted, most].some(isOpaque) &&
          String(wanted) !== String(most))
      ) {
        faults.push({ path: `${path}.resources`, message: `${gpu} must be the same in requests and limits` });
      }
    }
    if (!asks) return faults;
    const { runtimeClassName, nodeSelector, affinity, tolerations } = pod.spec;
    if (runtimeClassName !== "nvidia" && !isOpaque(runtimeClassName)) {
      faults.push({ path: pod.path, message: "asks for a GPU without runtimeClassName: nvidia" });
    }
    if (!choosesNode(nodeSelector) && !requiresNode(affinity)) {
      faults.push({ path: pod.path, message: "asks for a GPU without a nodeSelector of a node with GPUs" });
    }
    if (![tolerations].flat().some(isOpaque) && !list(tolerations).some(tolerates)) {
      faults.push({ path: pod.path, message: `asks for a GPU without a toleration of ${gpu}` });
    }
    return faults;
  },
};

function quotaFaults(body: Record<string, unknown>): Fault[] {
  const spec = object(body.spec);
  const maps = [
    { path: "spec.hard", map: object(spec.hard) },
    ...list(spec.limits).flatMap((limit, index) =>
      ["default", "defaultRequest", "max", "min"].map((key) => ({
        path: `spec.limits[${index}].${key}`,
        map: object(limit[key]),
      })),
    ),
  ];
  return maps.flatMap(({ path, map }) =>
    [gpu, `requests.${gpu}`, `limits.${gpu}`].flatMap((key) =>
      numberFaults(`${path}.${key}`, map[key], Infinity),
    ),
  );
}

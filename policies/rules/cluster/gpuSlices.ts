import { podOf } from "../../engine/pods.ts";
import type { Fault, Rule } from "../../engine/rule.ts";
import { isOpaque, list, object } from "../../engine/values.ts";

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

export const gpuSlices: Rule = {
  name: "whole-gpu-slices",
  description: "GPUs are asked for in whole slices, one a container, by pods that can reach one.",
  severity: "high",
  why: "a fraction is no valid quantity, and a pod without runtime class, toleration or node never starts or starts without a driver",
  fix: `ask for ${gpu}: 1 in requests and limits alike, with runtimeClassName: nvidia, a toleration of ${gpu}, and a nodeSelector`,
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
        most === undefined ||
        (wanted !== undefined && !isOpaque(wanted) && String(wanted) !== String(most))
      ) {
        faults.push({ path: `${path}.resources`, message: `${gpu} must be the same in requests and limits` });
      }
    }
    if (!asks) return faults;
    const { runtimeClassName, nodeSelector, tolerations } = pod.spec;
    if (runtimeClassName !== "nvidia" && !isOpaque(runtimeClassName)) {
      faults.push({ path: pod.path, message: "asks for a GPU without runtimeClassName: nvidia" });
    }
    if (!isOpaque(nodeSelector) && Object.keys(object(nodeSelector)).length === 0 && !pod.spec.affinity) {
      faults.push({ path: pod.path, message: "asks for a GPU without a nodeSelector" });
    }
    const tolerated = list(tolerations).some(({ key }) => key === gpu || key === undefined);
    if (!isOpaque(tolerations) && !tolerated) {
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

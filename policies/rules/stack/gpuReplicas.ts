import { podOf } from "../../engine/pods.ts";
import type { StackFault, StackRule, Subject } from "../../engine/rule.ts";
import { object } from "../../engine/values.ts";

const gpu = "nvidia.com/gpu";
const key = (namespace: string | undefined, kind: unknown, name: unknown) =>
  `${namespace ?? ""}/${String(kind)}/${String(name)}`;
/** A number of things; undefined where there is none, or it is not known yet. */
const countOf = (value: unknown): number | undefined =>
  typeof value === "number" || typeof value === "string" ? Number(value) : undefined;

/** Slices that one pod of each workload takes, of those that take any. */
function slicesByWorkload(subjects: Subject[]): Map<string, number> {
  return new Map(
    subjects.flatMap((subject) => {
      const asked = (podOf(subject)?.containers ?? []).map(
        ({ body }) => countOf(object(object(body.resources).limits)[gpu]) ?? 0,
      );
      const slices = asked.reduce((sum, each) => sum + each, 0);
      const { kind, name, namespace } = subject.kubernetes ?? {};
      return slices > 0 ? [[key(namespace, kind, name), slices] as const] : [];
    }),
  );
}

/** Slices that the pods of each namespace may take, where a quota says so; undefined where it does not know yet. */
function slicesByNamespace(subjects: Subject[]): Map<string, number | undefined> {
  return new Map(
    subjects.flatMap(({ kubernetes }) => {
      if (kubernetes?.kind !== "ResourceQuota") return [];
      const hard = object(object(kubernetes.body.spec).hard);
      const field = `requests.${gpu}`;
      return field in hard ? [[kubernetes.namespace ?? "", countOf(hard[field])] as const] : [];
    }),
  );
}

export const gpuReplicas: StackRule = {
  name: "gpu-replicas-fit",
  description: "No autoscaler makes more pods with a GPU slice than its namespace may have slices.",
  severity: "medium",
  why: "pods beyond the quota stay pending, and the autoscaler keeps asking for more because the running ones stay busy",
  fix: `lower maxReplicas to the namespace's quota of requests.${gpu}, or give the namespace such a quota`,
  evaluate(subjects) {
    const asked = slicesByWorkload(subjects);
    const quotas = slicesByNamespace(subjects);
    return subjects.flatMap(({ name, kubernetes }): StackFault[] => {
      if (kubernetes?.kind !== "HorizontalPodAutoscaler") return [];
      const { scaleTargetRef, maxReplicas } = object(kubernetes.body.spec);
      const { kind, name: target } = object(scaleTargetRef);
      const slices = asked.get(key(kubernetes.namespace, kind, target));
      const most = countOf(maxReplicas);
      const { namespace } = kubernetes;
      // An unknown namespace is evaluated in the update.
      if (slices === undefined || most === undefined || namespace === undefined) return [];
      if (!quotas.has(namespace))
        return [
          { resource: name, message: `scales pods with a GPU, and no quota says how many slices there are` },
        ];
      const quota = quotas.get(namespace) ?? Number.POSITIVE_INFINITY;
      return most * slices > quota
        ? [
            {
              resource: name,
              message: `up to ${most} replicas take ${most * slices} GPU slices, there are ${quota}`,
            },
          ]
        : [];
    });
  },
};

import { podOf } from "../../engine/pods.ts";
import type { StackFault, StackRule, Subject } from "../../engine/rule.ts";
import { type Json, object } from "../../engine/values.ts";

const gpu = "nvidia.com/gpu";
const key = (namespace: string | undefined, kind: unknown, name: unknown) =>
  `${namespace ?? ""}/${String(kind)}/${String(name)}`;
/** A number of things; undefined where there is none, or it is not known yet. */
const countOf = (value: unknown): number | undefined =>
  typeof value === "number" || typeof value === "string" ? Number(value) : undefined;

/** A workload whose pods take slices. */
interface Taker {
  namespace: string;
  /** Slices that one of its pods takes. */
  slices: number;
  /** Most pods that it has at once. */
  pods: number;
  /** Subject of its autoscaler. */
  scaler?: string;
}

/** Where a workload says how many pods it has. A DaemonSet has one on each node, whose number no object says. */
const podsOf = (kind: string, spec: Json): unknown =>
  kind === "DaemonSet" ? 0 : (spec[kind === "Job" ? "parallelism" : "replicas"] ?? 1);

interface Scaler {
  name: string;
  most: number | undefined;
}

/** Autoscalers by the workload that they scale. */
function scalersOf(subjects: Subject[]): Map<string, Scaler> {
  return new Map(
    subjects.flatMap(({ name, kubernetes }) => {
      if (kubernetes?.kind !== "HorizontalPodAutoscaler") return [];
      const { scaleTargetRef, maxReplicas } = object(kubernetes.body.spec);
      const { kind, name: target } = object(scaleTargetRef);
      return [[key(kubernetes.namespace, kind, target), { name, most: countOf(maxReplicas) }] as const];
    }),
  );
}

/** Every workload that takes slices in a namespace that is known. What is not known yet counts as nothing. */
function takersOf(subjects: Subject[]): Taker[] {
  const scalers = scalersOf(subjects);
  return subjects.flatMap((subject): Taker[] => {
    const { kind, name, namespace, body } = subject.kubernetes ?? {};
    if (kind === undefined || namespace === undefined) return [];
    const slices = (podOf(subject)?.containers ?? []).reduce(
      (sum, { body: container }) => sum + (countOf(object(object(container.resources).limits)[gpu]) ?? 0),
      0,
    );
    if (slices === 0) return [];
    const scaler = scalers.get(key(namespace, kind, name));
    const pods = (scaler ? scaler.most : countOf(podsOf(kind, object(body?.spec)))) ?? 0;
    return [{ namespace, slices, pods, ...(scaler?.most === undefined ? {} : { scaler: scaler.name }) }];
  });
}

/** Slices that the pods of each namespace may take, where a quota says so; undefined where it does not know yet. */
function quotasOf(subjects: Subject[]): Map<string, number | undefined> {
  const quotas = new Map<string, number | undefined>();
  for (const { kubernetes } of subjects) {
    const hard = object(object(kubernetes?.body.spec).hard);
    const field = `requests.${gpu}`;
    if (kubernetes?.kind !== "ResourceQuota" || !(field in hard)) continue;
    const namespace = kubernetes.namespace ?? "";
    const others = quotas.get(namespace) ?? Number.POSITIVE_INFINITY;
    const slices = countOf(hard[field]);
    // Of several quotas each one holds.
    quotas.set(namespace, slices === undefined ? quotas.get(namespace) : Math.min(slices, others));
  }
  return quotas;
}

export const gpuReplicas: StackRule = {
  name: "gpu-replicas-fit",
  description:
    "The pods of a namespace take no more GPU slices together than its quota has, whatever their autoscalers do.",
  severity: "medium",
  why: "pods beyond the quota stay pending, and the autoscaler keeps asking for more because the running ones stay busy",
  fix: `lower maxReplicas or replicas until their sum fits the namespace's quota of requests.${gpu}, or give the namespace such a quota`,
  evaluate(subjects) {
    const quotas = quotasOf(subjects);
    const takers = Map.groupBy(takersOf(subjects), ({ namespace }) => namespace);
    return [...takers].flatMap(([namespace, all]): StackFault[] => {
      const scalers = all.flatMap(({ scaler }) => scaler ?? []);
      if (!quotas.has(namespace))
        return scalers.map((resource) => ({
          resource,
          message: "scales pods with a GPU, and no quota says how many slices there are",
        }));
      const quota = quotas.get(namespace) ?? Number.POSITIVE_INFINITY;
      const taken = all.reduce((sum, { slices, pods }) => sum + slices * pods, 0);
      if (taken <= quota) return [];
      const resources = scalers.length > 0 ? scalers : [`namespace ${namespace}`];
      return resources.map((resource) => ({
        resource,
        message: `the pods of its namespace take up to ${taken} GPU slices, there are ${quota}`,
      }));
    });
  },
};

import { evaluateStack } from "../../../../policies/engine/evaluate.ts";
import { Exceptions } from "../../../../policies/engine/exceptions.ts";
import type { StackRule, Subject } from "../../../../policies/engine/rule.ts";
import { Hidden, type Json, object, unknown } from "../../../../policies/engine/values.ts";
import { deployment, kubernetes, prepared, resource } from "../fixtures.ts";
import { defaultDenyCases, dnsCases } from "./networkPolicies.ts";
import { backupCases } from "./postgres.ts";
import { gpu, named, quota, value } from "./subjects.ts";

/** Objects of a stack, and what of them a rule must refuse. */
export interface StackCase {
  objects: Subject[];
  refused: string[];
}

const scaler = (maxReplicas: unknown, target: Json = {}, called = "one") => ({
  ...named("autoscaling/v2", "HorizontalPodAutoscaler", {
    scaleTargetRef: { kind: "Deployment", name: "one", ...target },
    maxReplicas,
  }),
  name: called,
});
/** A second workload whose pods have one slice each. */
const other = (spec: Json = {}, kind = "Deployment") => {
  const { body } = gpu(1).kubernetes ?? {};
  return kubernetes({
    ...body,
    kind,
    metadata: { name: "other", namespace: "apps" },
    spec: { ...object(body?.spec), ...spec },
  });
};
/** As in the plan of a stack that is not up yet. */
const nowhere = (subject: Subject): Subject => {
  if (!subject.kubernetes) return subject;
  const { namespace: _, ...object } = subject.kubernetes;
  return { ...subject, kubernetes: object };
};
const slices = (hard: unknown) => quota({ "requests.nvidia.com/gpu": hard });
const one = gpu(1);
const replicaCases: Record<string, StackCase> = {
  "as many as there are": { objects: [gpu("1"), slices("4"), scaler(4)], refused: [] },
  "one too many": { objects: [scaler(5), slices("4"), gpu(1)], refused: ["one"] },
  "two containers with a slice each": {
    objects: [
      kubernetes(
        deployment({
          pod: {
            containers: [1, 1].map((each) => ({ resources: { limits: { "nvidia.com/gpu": each } } })),
          },
        }),
      ),
      slices(4),
      scaler(3),
    ],
    refused: ["one"],
  },
  "two that fit alone": {
    objects: [gpu(1), slices(4), scaler(3), other(), scaler(2, { name: "other" }, "second")],
    refused: ["one", "second"],
  },
  "two that fit together": {
    objects: [gpu(1), slices(4), scaler(3), other(), scaler(1, { name: "other" }, "second")],
    refused: [],
  },
  "one beside replicas that are fixed": {
    objects: [gpu(1), slices(4), scaler(3), other({ replicas: 2 })],
    refused: ["one"],
  },
  "one beside a single pod": { objects: [gpu(1), slices(4), scaler(3), other()], refused: [] },
  "fixed replicas alone": { objects: [slices(4), other({ replicas: 5 })], refused: ["namespace apps"] },
  "fixed replicas that are not known yet": {
    objects: [slices(4), other({ replicas: unknown })],
    refused: [],
  },
  "pods of a job": {
    objects: [slices(4), other({ parallelism: 5, replicas: 1 }, "Job")],
    refused: ["namespace apps"],
  },
  "a pod on each node": { objects: [slices(0), other({}, "DaemonSet")], refused: [] },
  "two quotas": { objects: [gpu(1), slices(9), slices(4), slices(8), scaler(5)], refused: ["one"] },
  "two quotas, one of them not known yet": {
    objects: [gpu(1), slices(4), slices(unknown), scaler(5)],
    refused: ["one"],
  },
  "no quota": { objects: [gpu(1), scaler(1)], refused: ["one"] },
  "a quota of other things": { objects: [gpu(1), quota({ pods: "9" }), scaler(1)], refused: ["one"] },
  "a quota that is not known yet": { objects: [gpu(1), slices(unknown), scaler(99)], refused: [] },
  "namespaces that are not known yet": {
    objects: [gpu(1), slices(0), scaler(9)].map(nowhere),
    refused: [],
  },
  "a quota of nothing": { objects: [gpu(1), slices("0"), scaler(1)], refused: ["one"] },
  "replicas that are not known yet": { objects: [gpu(1), slices(1), scaler(unknown)], refused: [] },
  "an amount that is not known yet": { objects: [gpu(unknown), slices(1), scaler(9)], refused: [] },
  "pods without a GPU": { objects: [kubernetes(deployment()), slices(1), scaler(9)], refused: [] },
  "pods without a GPU, and no quota": { objects: [kubernetes(deployment()), scaler(9)], refused: [] },
  "replicas that are not known yet, and no quota": { objects: [one, scaler(unknown)], refused: [] },
  "another workload of that name": {
    objects: [one, slices(1), scaler(9, { kind: "StatefulSet" })],
    refused: [],
  },
  "a workload of another name": { objects: [one, slices(1), scaler(9, { name: "other" })], refused: [] },
  "a workload in another namespace": {
    objects: [
      kubernetes({ ...one.kubernetes?.body, metadata: { name: "one", namespace: "others" } }),
      slices(1),
      scaler(9),
    ],
    refused: [],
  },
  "no autoscaler": {
    objects: [
      one,
      slices(1),
      named("v1", "Widget", { scaleTargetRef: { kind: "Deployment", name: "one" }, maxReplicas: 9 }),
    ],
    refused: [],
  },
  "no quota of that kind": {
    objects: [one, named("v1", "Widget", { hard: { "requests.nvidia.com/gpu": "9" } }), scaler(1)],
    refused: ["one"],
  },
};

const outputs = (props: Json, type = "pulumi:pulumi:Stack") => resource(props, type);
const outputCases: Record<string, StackCase> = {
  "a key": { objects: [outputs({ url: "https://sophia.test", apiKey: value })], refused: ["output apiKey"] },
  "a key inside": {
    objects: [outputs({ services: { db: { password: value } } })],
    refused: ["output services.db.password"],
  },
  "a secret": { objects: [outputs({ apiKey: new Hidden(value) })], refused: [] },
  "not known yet": { objects: [outputs({ apiKey: unknown })], refused: [] },
  "an input of something else": { objects: [outputs({ apiKey: value }, "test:index:Thing")], refused: [] },
};

const spaces = (
  cases: Record<string, { objects: Subject[]; refused: string[] }>,
): Record<string, StackCase> =>
  Object.fromEntries(
    Object.entries(cases).map(([what, { objects, refused }]) => [
      what,
      { objects, refused: refused.map((name) => `namespace ${name}`) },
    ]),
  );

/** What the rules about a stack must refuse, by rule and by what it is. */
export const stackCases: Record<string, Record<string, StackCase>> = {
  "namespace-default-deny": spaces(defaultDenyCases),
  "namespace-dns": spaces(dnsCases),
  "gpu-replicas-fit": replicaCases,
  "postgres-base-backup": backupCases,
  "secret-outputs": outputCases,
};

/** What a rule about a stack refuses of some objects. */
export const refusedBy = (rule: StackRule, objects: Subject[]): string[] =>
  evaluateStack(rule, objects.map(prepared), new Exceptions([], "dev", "2026-11-21")).map(
    ({ resource }) => resource,
  );

/** Cases of a rule about a stack that come out wrong. */
export const stackFailures = (rule: StackRule): string[] =>
  Object.entries(stackCases[rule.name] ?? {})
    .filter(([, { objects, refused }]) => refusedBy(rule, objects).join() !== refused.join())
    .map(([what]) => what);

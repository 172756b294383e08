import type { Effect } from "../plan.ts";
import { type Outcome, valueAt } from "../steps.ts";
import {
  because,
  cluster,
  type Found,
  forTypes,
  gone,
  type ImpactRule,
  ofProvider,
  touches,
} from "./rule.ts";

const inputs = ({ kind, old, new: current }: Outcome) => (kind === "delete" ? old.inputs : current.inputs);

/** `namespace/name`, as people call it. */
function objectName(outcome: Outcome): string {
  const part = (key: string) => {
    const value = valueAt(inputs(outcome), "metadata", key) ?? valueAt(outcome.old.inputs, "metadata", key);
    return typeof value === "string" ? value : "";
  };
  return [part("namespace"), part("name") || outcome.name].filter(Boolean).join("/");
}

/** Annotations, labels and replicas of the controller itself move no running pod. */
const template = "spec.template";

function workload(kind: string): ImpactRule["effects"] {
  return (outcome) => {
    const subject = `${kind} ${objectName(outcome)}`;
    const why = because(outcome);
    if (outcome.kind === "delete")
      return [{ subject, severity: "outage", what: "deleted with its pods", why }];
    if (outcome.kind === "replace") {
      const what = "deleted and made again: all of its pods are away meanwhile";
      return [{ subject, severity: "outage", what, why }];
    }
    if (touches(outcome, template)) return [{ subject, ...rollout(kind, outcome), why }];
    if (touches(outcome, "spec.replicas")) {
      return [{ subject, severity: "none", what: "scaled; pods that stay are not touched", why }];
    }
    return [];
  };
}

/** How a changed pod template reaches the pods. */
function rollout(kind: string, outcome: Outcome): Pick<Effect, "severity" | "what"> {
  const spec = (...path: string[]) => valueAt(inputs(outcome), "spec", ...path);
  const replicas = spec("replicas") ?? 1;
  if (kind === "Deployment") {
    if (spec("strategy", "type") === "Recreate")
      return { severity: "outage", what: "all of its pods end before new ones start" };
    const kept = spec("strategy", "rollingUpdate", "maxUnavailable");
    if (kept === 0 || kept === "0%")
      return { severity: "none", what: "rolling update: a new pod is ready before an old one ends" };
    return replicas === 1
      ? { severity: "restart", what: "its one pod is replaced; Kubernetes starts the new one first" }
      : { severity: "restart", what: "rolling update: some of its pods are away at a time" };
  }
  if (kind === "StatefulSet" && replicas === 1)
    return { severity: "outage", what: "its one pod ends before the new one starts" };
  return { severity: "restart", what: "its pods are replaced one by one" };
}

const apps = (kind: string) => forTypes([`kubernetes:apps/v1:${kind}`], workload(kind));

/** Things whose loss is the loss of more than themselves. */
const removals: Record<string, (name: string) => Omit<Found, "why">> = {
  "kubernetes:core/v1:Namespace": (name) => ({
    subject: `namespace ${name}`,
    severity: "data",
    what: "deleted with everything in it, volumes included",
  }),
  "kubernetes:core/v1:PersistentVolumeClaim": (name) => ({
    subject: `volume ${name}`,
    severity: "data",
    what: "deleted with its data",
  }),
  "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition": (name) => ({
    subject: `definition ${name}`,
    severity: "data",
    what: "deleted with every object of its kind",
  }),
  "kubernetes:apiregistration.k8s.io/v1:APIService": (name) => ({
    subject: `API ${name}`,
    severity: "outage",
    what: "Kubernetes does not offer it until it is back; autoscalers that read it stand still",
  }),
  "kubernetes:core/v1:Service": (name) => ({
    subject: `service ${name}`,
    severity: "outage",
    what: "its address is gone; whoever uses it by name waits for the new one",
  }),
};

const removal: ImpactRule = {
  types: Object.keys(removals),
  applies: (outcome) => gone(outcome) && Object.hasOwn(removals, outcome.type),
  effects: (outcome) => {
    const effect = removals[outcome.type]?.(objectName(outcome));
    return effect ? [{ ...effect, why: because(outcome) }] : [];
  },
};

/** Rules for objects that the program itself makes in Kubernetes. */
export const kubernetesRules: ImpactRule[] = [
  apps("Deployment"),
  apps("StatefulSet"),
  apps("DaemonSet"),
  removal,
  ofProvider("kubernetes", (outcome) =>
    gone(outcome)
      ? [
          {
            subject: "Kubernetes cluster",
            covers: cluster,
            severity: "data",
            what: "it is another one afterwards: everything in it is made again, databases and volumes empty",
            why: because(outcome),
          },
        ]
      : [],
  ),
  forTypes(["kubernetes:networking.k8s.io/v1:NetworkPolicy"], (outcome) => [
    {
      subject: `network policy ${objectName(outcome)}`,
      severity: "none",
      what: "who may talk to whom changes at once",
      why: because(outcome),
    },
  ]),
];

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

/** `namespace/name`. */
function objectName(outcome: Outcome): string {
  const part = (key: string) => {
    const value = valueAt(inputs(outcome), "metadata", key) ?? valueAt(outcome.old.inputs, "metadata", key);
    return typeof value === "string" ? value : "";
  };
  return [part("namespace"), part("name") || outcome.name].filter(Boolean).join("/");
}

/** The controller's own annotations, labels and replicas restart no pod; its pod template does. */
const template = "spec.template";

function workload(kind: string): ImpactRule["effects"] {
  return (outcome) => {
    const subject = `${kind} ${objectName(outcome)}`;
    const why = because(outcome);
    if (outcome.kind === "delete")
      return [{ subject, severity: "outage", what: "deleted with its pods", why }];
    if (outcome.kind === "replace") {
      const what = "deleted and created again: no pod is available in between";
      return [{ subject, severity: "outage", what, why }];
    }
    if (touches(outcome, template)) return [{ subject, ...rollout(kind, outcome), why }];
    if (touches(outcome, "spec.replicas")) {
      return [{ subject, severity: "none", what: "scaled; the remaining pods are not restarted", why }];
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
      return { severity: "outage", what: "all pods stop before new ones start" };
    const kept = spec("strategy", "rollingUpdate", "maxUnavailable");
    if (kept === 0 || kept === "0%")
      return { severity: "none", what: "rolling update: a new pod is ready before an old one stops" };
    return replicas === 1
      ? { severity: "restart", what: "its only pod is replaced; the new one starts first" }
      : { severity: "restart", what: "rolling update: some pods are unavailable at a time" };
  }
  if (kind === "StatefulSet" && replicas === 1)
    return { severity: "outage", what: "its only pod stops before the new one starts" };
  return { severity: "restart", what: "pods are replaced one by one" };
}

const apps = (kind: string) => forTypes([`kubernetes:apps/v1:${kind}`], workload(kind));

/** Objects whose deletion affects others. */
const removals: Record<string, (name: string) => Omit<Found, "why">> = {
  "kubernetes:core/v1:Namespace": (name) => ({
    subject: `namespace ${name}`,
    severity: "data",
    what: "deleted with all objects in it, including volumes",
  }),
  "kubernetes:core/v1:PersistentVolumeClaim": (name) => ({
    subject: `volume ${name}`,
    severity: "data",
    what: "deleted with its data",
  }),
  "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition": (name) => ({
    subject: `definition ${name}`,
    severity: "data",
    what: "deleted with every object of this kind",
  }),
  "kubernetes:apiregistration.k8s.io/v1:APIService": (name) => ({
    subject: `API ${name}`,
    severity: "outage",
    what: "unavailable until it is created again; autoscalers that read it stop scaling",
  }),
  "kubernetes:core/v1:Service": (name) => ({
    subject: `service ${name}`,
    severity: "outage",
    what: "its address changes; clients that use its name fail until it is created again",
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

/** Rules for Kubernetes objects that the program registers. */
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
            what: "replaced by another cluster: all objects are created again, databases and volumes are empty",
            why: because(outcome),
          },
        ]
      : [],
  ),
  forTypes(["kubernetes:networking.k8s.io/v1:NetworkPolicy"], (outcome) => [
    {
      subject: `network policy ${objectName(outcome)}`,
      severity: "none",
      what: "the allowed connections change immediately",
      why: because(outcome),
    },
  ]),
];

import type { Context, Subject } from "../../../../policies/engine/rule.ts";
import { Hidden, type Json } from "../../../../policies/engine/values.ts";
import { deployment, kubernetes, resource } from "../fixtures.ts";
import { genericValue } from "../keys/values.ts";

/** A subject in another context than that of its rule's cases, or with what must be said of it. */
export interface Situation {
  subject: Subject;
  context?: Partial<Context>;
  /** Part of what must be said: a place, mostly. */
  says?: string | RegExp;
}
export const isSituation = (given: Subject | Situation): given is Situation => "subject" in given;
/** A violation whose place, or message, matters. */
export const saying = (says: string | RegExp, subject: Subject): Situation => ({ subject, says });
/** A subject in the stack of that name. */
export const inStack = (stack: string, given: Subject | Situation): Situation => ({
  ...(isSituation(given) ? given : { subject: given }),
  context: { stack },
});

/** What a rule must refuse, and what it must let pass, by what it is. */
export interface Case {
  violating: Record<string, Subject | Situation>;
  clean: Record<string, Subject | Situation>;
  context?: Partial<Context>;
}

export const pod = (change: Json) => kubernetes(deployment({ pod: change }));
export const container = (change: Json) => kubernetes(deployment({ container: change }));
export const image = (reference: unknown) => container({ image: reference });
export const context = (change: Json) =>
  container({
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      ...change,
    },
  });
export const gpu = (amount: unknown, more: Json = {}, podMore: Json = {}) =>
  kubernetes(
    deployment({
      pod: {
        runtimeClassName: "nvidia",
        nodeSelector: { "kubernetes.io/hostname": "mcp-node" },
        tolerations: [{ key: "nvidia.com/gpu", operator: "Exists" }],
        ...podMore,
      },
      container: {
        resources: {
          requests: { cpu: "1", memory: "1Gi", "nvidia.com/gpu": amount },
          limits: { cpu: "1", memory: "1Gi", "nvidia.com/gpu": amount },
          ...more,
        },
      },
    }),
  );
/** A workload of any kind around the pod of a Deployment. */
export const workload = (
  kind: string,
  podMore: Json = {},
  containerMore: Json = {},
  labels: Json = {},
): Subject => {
  const made = deployment({ pod: podMore, container: containerMore }) as {
    spec: { template: { spec: Json } };
  };
  const template = { ...made.spec.template, metadata: { labels } };
  const spec = { ...made.spec, template };
  const bodies: Record<string, Json> = {
    CronJob: { spec: { jobTemplate: { spec: { template } } } },
    Pod: { spec: template.spec },
    PodTemplate: { template },
  };
  return kubernetes({
    apiVersion: "v1",
    kind,
    metadata: { name: "one", namespace: "apps" },
    ...(bodies[kind] ?? { spec }),
  });
};
export const mcp = (podMore: Json = {}) => kubernetes(deployment({ namespace: "mcp", pod: podMore }));
export const secret = (body: Json) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "auth" },
  ...body,
});
export const namespace = (labels: unknown) =>
  kubernetes({ apiVersion: "v1", kind: "Namespace", metadata: { name: "apps", labels } });
export const firewallRules = (...all: Json[]) =>
  resource({ rules: all }, "pulumi-nodejs:dynamic/lambda:FirewallRules");
export const rule = (port: number, source: string, protocol = "tcp") => ({
  protocol,
  ports: [port, port],
  source,
});
/** A rented machine: as it runs, by its price, or as it will be launched, by the types that it may become. */
export const machine = (given?: number | unknown[], more: Json = {}) =>
  resource(
    { ...(Array.isArray(given) ? { instanceTypes: given } : { hourlyUsd: given }), ...more },
    "pulumi-nodejs:dynamic/lambda:Instance",
  );
export const config = (text: string, field = "stdin", kind = "KIND=server\n") =>
  resource(
    { [field]: new Hidden(`# configure\n${kind}CONFIG='${text.replaceAll("'", "'\\''")}'\nmain\n`) },
    "command:remote:Command",
  );
export const goodConfig =
  "protect-kernel-defaults: true\nsecrets-encryption: true\nflannel-backend: wireguard-native";
export const value = genericValue();
export const named = (apiVersion: string, kind: string, spec: Json) =>
  kubernetes({ apiVersion, kind, metadata: { name: "one", namespace: "apps" }, spec });
export const autoscaler = (name: string) =>
  named("autoscaling/v2", "HorizontalPodAutoscaler", { metrics: [{ type: "Resource", resource: { name } }] });
export const database = (spec: Json) => named("postgresql.cnpg.io/v1", "Cluster", spec);
export const ingress = (tls: unknown, rules: unknown = [{ host: "sophia.test" }]) =>
  named("networking.k8s.io/v1", "Ingress", { rules, tls });
export const quota = (hard: Json) => named("v1", "ResourceQuota", { hard });
export const range = (limit: Json) =>
  named("v1", "LimitRange", { limits: [{ type: "Container", ...limit }] });
export const service = (namespace: string, spec: Json = {}) =>
  kubernetes({ apiVersion: "v1", kind: "Service", metadata: { name: "one", namespace }, spec });
const rbac = (kind: string, more: Json) =>
  kubernetes({ apiVersion: "rbac.authorization.k8s.io/v1", kind, metadata: { name: "one" }, ...more });
export const role = (kind: string, rules: Json[]) => rbac(kind, { rules });
export const binding = (kind: string, name: string) => rbac(kind, { roleRef: { name } });

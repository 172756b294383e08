import { join } from "node:path";
import { type EvaluatedResource, withSecrets } from "../../../policies/engine/evaluate.ts";
import type { Exception } from "../../../policies/engine/exceptions.ts";
import { asKubernetes } from "../../../policies/engine/kubernetes.ts";
import type { Context, Subject } from "../../../policies/engine/rule.ts";
import { Hidden, hasSecrets, type Json, object } from "../../../policies/engine/values.ts";

export const repository = join(import.meta.dirname, "../../..");

export const contextOf = (more: Partial<Context> = {}): Context => ({
  stack: "dev",
  settings: {
    production: ["prod"],
    registries: ["ghcr.io/sophia-ai/", "docker.io/library/", "docker.io/prom/", "ghcr.io/other/one"],
    adminPortsFromAnywhere: ["local"],
    plainPodNetwork: ["local"],
  },
  config: {},
  ...more,
});

/** An exception that has not expired, with changes. */
export const exception = (rule: string, resource: string, more: object = {}): Exception => ({
  rule,
  resource,
  reason: "for as long as this test takes",
  expires: "2027-01-01",
  ...more,
});

/** A resource of any kind. */
export const resource = (props: object, type = "test:index:Thing"): Subject => ({
  type,
  name: "thing",
  props: object(props),
});

/** A Kubernetes object as a subject of either half. */
export function kubernetes(body: Json, half: "resource" | "release" = "resource"): Subject {
  const found = asKubernetes(body);
  if (!found) throw new Error("no Kubernetes object");
  const type = half === "release" ? `helm:${found.kind}` : `kubernetes:test/v1:${found.kind}`;
  return { type, name: found.name, props: body, kubernetes: found };
}

/** A container that no rule has anything against, with changes. */
export const container = (change: Json = {}): Json => ({
  name: "main",
  image: "ghcr.io/sophia-ai/one:1.2.3",
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  },
  resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "1", memory: "64Mi" } },
  livenessProbe: { httpGet: { path: "/live", port: 80 } },
  readinessProbe: { httpGet: { path: "/ready", port: 80 } },
  ...change,
});

/** A Deployment that no rule has anything against, with changes of its pod, its container, its namespace. */
export const deployment = (given: { pod?: Json; container?: Json; namespace?: string } = {}): Json => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "one", namespace: given.namespace ?? "apps" },
  spec: {
    template: {
      metadata: { labels: { app: "one" } },
      spec: {
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        containers: [container(given.container)],
        ...given.pod,
      },
    },
  },
});

/** A subject as the rules get it: with the content of its secrets, and without. */
export function prepared(subject: Subject): EvaluatedResource {
  if (!hasSecrets(subject.props)) return { subjects: [subject], marked: [subject], shown: [subject] };
  const { subjects, marked } = withSecrets(subject);
  return { subjects, marked, shown: marked };
}

/** The same resource, each of its inputs a Pulumi secret as a whole, but for what says what kind of object it is. */
export const asSecret = ({ type, name, props }: Subject): Subject => ({
  type,
  name,
  props: Object.fromEntries(
    Object.entries(props).map(([key, value]) => [
      key,
      ["apiVersion", "kind"].includes(key) ? value : new Hidden(value),
    ]),
  ),
});

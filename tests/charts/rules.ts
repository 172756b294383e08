import type { KubernetesObject } from "./render.ts";

type Json = Record<string, unknown>;
const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.map(object) : []);

/** The pod of a workload, wherever its kind keeps it. */
export function podOf({ kind, spec }: KubernetesObject): Json | undefined {
  if (kind === "Pod") return object(spec);
  // Only a sketch: the operator fills in the rest, restricted as everything it makes.
  if (kind === "Pooler") return undefined;
  const template = object(object(spec).template);
  return template.spec ? object(template.spec) : undefined;
}

export const containersOf = (pod: Json): Json[] => [...list(pod.initContainers), ...list(pod.containers)];

/** What the platform's rules say against a workload; Pod Security "restricted" among them. Empty is good. */
export function faultsOf(workload: KubernetesObject): string[] {
  const pod = podOf(workload);
  if (!pod) return [];
  const faults: string[] = [];
  const at = `${workload.kind} ${workload.metadata.name}`;
  const demand = (holds: boolean, what: string) => {
    if (!holds) faults.push(`${at}: ${what}`);
  };
  const podContext = object(pod.securityContext);
  for (const key of ["hostNetwork", "hostPID", "hostIPC"]) demand(!pod[key], `no ${key}`);
  demand(podContext.runAsNonRoot === true, "runAsNonRoot");
  demand(Number(podContext.runAsUser) > 0, "a user other than root");
  demand(object(podContext.seccompProfile).type === "RuntimeDefault", "seccomp RuntimeDefault");
  demand(pod.automountServiceAccountToken === false, "no service account token");
  const volumeKinds = ["configMap", "emptyDir", "secret", "projected", "persistentVolumeClaim"];
  for (const volume of list(pod.volumes)) {
    demand(
      Object.keys(volume).every((key) => key === "name" || volumeKinds.includes(key)),
      `volume ${volume.name} of an allowed kind`,
    );
  }
  for (const container of containersOf(pod)) {
    const say = (holds: boolean, what: string) => demand(holds, `container ${container.name}: ${what}`);
    const context = object(container.securityContext);
    say(context.allowPrivilegeEscalation === false, "no privilege escalation");
    say(context.readOnlyRootFilesystem === true, "read-only root");
    say(JSON.stringify(object(context.capabilities)) === '{"drop":["ALL"]}', "all capabilities dropped");
    say(!context.privileged, "not privileged");
    const resources = object(container.resources);
    for (const kind of ["requests", "limits"]) {
      for (const resource of ["cpu", "memory"]) {
        say(object(resources[kind])[resource] !== undefined, `${kind} of ${resource}`);
      }
    }
    say(/:[^/:]+$/.test(String(container.image)) && !/:latest$/.test(String(container.image)), "a fixed tag");
    say(container.imagePullPolicy === "IfNotPresent", "no pull of an image that is there");
    say(
      JSON.stringify(container.env ?? "").search(/password|secretKeyRef/i) < 0,
      "no secret in the environment",
    );
    if (workload.kind !== "Job") {
      for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) say(!!container[probe], probe);
    }
  }
  return faults;
}

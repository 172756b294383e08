import { podOf } from "../../engine/pods.ts";
import type { Fault, Rule } from "../../engine/rule.ts";
import { type Json, list, object } from "../../engine/values.ts";

/** Kinds of a PersistentVolume that are a path of a host: a claim brings it into a pod that names none. */
const onHost = (spec: Json): Fault[] =>
  ["hostPath", "local"]
    .filter((kind) => spec[kind])
    .map((kind) => {
      const { path } = object(spec[kind]);
      return { path: `spec.${kind}`, message: `gives pods the host's ${String(path ?? "path")}` };
    });

export const noHostAccess: Rule = {
  name: "no-host-access",
  description:
    "Pods share nothing with the host: no hostNetwork, hostPID, hostIPC, hostPath, hostPort, privileged, nor by a PersistentVolume.",
  severity: "critical",
  why: "each of them gives a container access to the whole host, and so to every other pod and its secrets",
  fix: "use a Service instead of the host's network, a volume instead of a path of the host, and no privileged container",
  evaluate(subject) {
    const { kubernetes } = subject;
    if (kubernetes?.kind === "PersistentVolume") return onHost(object(kubernetes.body.spec));
    const pod = podOf(subject);
    if (!pod) return [];
    const faults: Fault[] = [];
    for (const key of ["hostNetwork", "hostPID", "hostIPC"]) {
      if (pod.spec[key] === true) faults.push({ path: pod.path, message: `${key} is on` });
    }
    list(pod.spec.volumes).forEach((volume, index) => {
      if (!volume.hostPath) return;
      const { path } = object(volume.hostPath);
      faults.push({
        path: `${pod.path}.volumes[${index}]`,
        message: `mounts the host's ${String(path ?? "path")}`,
      });
    });
    for (const { body, path } of pod.containers) {
      if (object(body.securityContext).privileged === true) {
        faults.push({ path: `${path}.securityContext`, message: "is privileged" });
      }
      if (list(body.ports).some(({ hostPort }) => hostPort))
        faults.push({ path, message: "takes a port of the host" });
    }
    return faults;
  },
};

import { podOf } from "../../engine/pods.ts";
import type { Fault, Rule } from "../../engine/rule.ts";
import { isOpaque, list, object } from "../../engine/values.ts";

/** Kinds of volumes that Pod Security "restricted" allows. */
const volumeKinds = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);
/** no-host-access covers hostPath. */
const notAKind = new Set(["name", "hostPath"]);

/** Sysctls that affect only the pod, as in Kubernetes 1.36. */
const safeSysctls = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
]);

const containerTypes = new Set([
  "",
  "container_t",
  "container_init_t",
  "container_kvm_t",
  "container_engine_t",
]);

/** Faults of a security context, of a pod or of a container: both have these fields. */
function contextFaults(path: string, context: Record<string, unknown>): Fault[] {
  const faults: Fault[] = [];
  const armor = object(context.appArmorProfile).type;
  if (armor === "Unconfined") faults.push({ path, message: "appArmorProfile.type is Unconfined" });
  const { type = "", user, role } = object(context.seLinuxOptions);
  if (!isOpaque(type) && !containerTypes.has(String(type)))
    faults.push({ path, message: `seLinuxOptions.type is ${String(type)}` });
  if (user || role) faults.push({ path, message: "seLinuxOptions names a user or a role" });
  if (object(context.windowsOptions).hostProcess === true)
    faults.push({ path, message: "windowsOptions.hostProcess is on" });
  return faults;
}

export const restricted: Rule = {
  name: "restricted-pods",
  description:
    "Pods keep to the rest of Pod Security restricted: volumes, sysctls, AppArmor, SELinux, /proc.",
  severity: "high",
  why: "the namespace would refuse the pod only when it starts, and a namespace that is not restricted would accept it",
  fix: "take the option out; mount volumes by a PersistentVolumeClaim",
  evaluate(subject) {
    const pod = podOf(subject);
    if (!pod) return [];
    const context = object(pod.spec.securityContext);
    const volumes = list(pod.spec.volumes).flatMap((volume, index) =>
      Object.keys(volume)
        .filter((kind) => !notAKind.has(kind) && !volumeKinds.has(kind))
        .map((kind) => ({ path: `${pod.path}.volumes[${index}]`, message: `is of the kind ${kind}` })),
    );
    const sysctls = list(context.sysctls)
      .filter(({ name }) => !isOpaque(name) && !safeSysctls.has(String(name)))
      .map(({ name }) => ({
        path: `${pod.path}.securityContext`,
        message: `sets the sysctl ${String(name)}`,
      }));
    const inContainers = pod.containers.flatMap(({ body, path: place }): Fault[] => {
      const path = `${place}.securityContext`;
      const own = object(body.securityContext);
      const mount = own.procMount ?? "Default";
      const masked = mount === "Default" || isOpaque(mount);
      return [
        ...contextFaults(path, own),
        ...(masked ? [] : [{ path, message: `procMount is ${String(mount)}` }]),
      ];
    });
    return [
      ...volumes,
      ...sysctls,
      ...contextFaults(`${pod.path}.securityContext`, context),
      ...inContainers,
    ];
  },
};

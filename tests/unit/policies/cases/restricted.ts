import { unknown } from "../../../../policies/engine/values.ts";
import { type Case, context, pod, saying } from "./subjects.ts";

export const restrictedCases: Record<string, Case> = {
  "restricted-pods": {
    violating: {
      ...Object.fromEntries(
        ["nfs", "iscsi", "gitRepo"].map((kind) => [
          `a volume of the kind ${kind}`,
          saying(
            `spec.template.spec.volumes[1]: is of the kind ${kind}`,
            pod({
              volumes: [
                { name: "a", emptyDir: {} },
                { name: "b", [kind]: {} },
              ],
            }),
          ),
        ]),
      ),
      "an unsafe sysctl": pod({
        securityContext: { sysctls: [{ name: "net.ipv4.tcp_syncookies" }, { name: "kernel.msgmax" }] },
      }),
      ...Object.fromEntries(
        Object.entries({
          "AppArmor off": { appArmorProfile: { type: "Unconfined" } },
          "an SELinux type": { seLinuxOptions: { type: "spc_t" } },
          "an SELinux user": { seLinuxOptions: { user: "system_u" } },
          "an SELinux role": { seLinuxOptions: { role: "system_r" } },
          "a process of the host": { windowsOptions: { hostProcess: true } },
          "unmasked /proc": { procMount: "Unmasked" },
        }).map(([what, given]) => [what, saying("containers[0].securityContext: ", context(given))]),
      ),
      "AppArmor off for the pod": saying(
        "spec.template.spec.securityContext: appArmorProfile.type is Unconfined",
        pod({ securityContext: { appArmorProfile: { type: "Unconfined" } } }),
      ),
    },
    clean: {
      "volumes that it allows": pod({
        volumes: [
          "configMap",
          "csi",
          "downwardAPI",
          "emptyDir",
          "ephemeral",
          "image",
          "persistentVolumeClaim",
          "projected",
          "secret",
          // Told by no-host-access.
          "hostPath",
        ].map((kind) => ({ name: kind, [kind]: {} })),
      }),
      "sysctls that end at the pod": pod({
        securityContext: {
          sysctls: [
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
            unknown,
          ].map((name) => ({ name })),
        },
      }),
      "types of containers": pod({
        initContainers: [
          "container_t",
          "container_init_t",
          "container_kvm_t",
          "container_engine_t",
          unknown,
        ].map((type) => ({ name: "x", securityContext: { seLinuxOptions: { type } } })),
      }),
      "the runtime's profile": context({
        appArmorProfile: { type: "RuntimeDefault" },
        procMount: "Default",
        windowsOptions: { hostProcess: false },
      }),
      "/proc that is not known yet": context({ procMount: unknown }),
    },
  },
};

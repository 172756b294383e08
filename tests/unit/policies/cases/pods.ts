import { unknown } from "../../../../policies/engine/values.ts";
import { deployment, kubernetes } from "../fixtures.ts";
import { type Case, container, context, image, inStack, pod, saying, workload } from "./subjects.ts";

export const podsCases: Record<string, Case> = {
  "non-root": {
    violating: {
      "nothing said": pod({ securityContext: {} }),
      "user 0": pod({ securityContext: { runAsNonRoot: true, runAsUser: 0 } }),
      "only the user": pod({ securityContext: { runAsUser: 10001 } }),
      "overridden by the container": context({ runAsNonRoot: false }),
    },
    clean: {
      "by the pod": kubernetes(deployment()),
      "by the container": workload(
        "Deployment",
        { securityContext: {} },
        { securityContext: { runAsNonRoot: true, runAsUser: 1 } },
      ),
      "not known yet": pod({ securityContext: { runAsNonRoot: unknown } }),
    },
  },
  "read-only-root": {
    violating: {
      writable: context({ readOnlyRootFilesystem: false }),
      "nothing said": container({ securityContext: {} }),
    },
    clean: {
      "read-only": kubernetes(deployment()),
      "not known yet": context({ readOnlyRootFilesystem: unknown }),
    },
  },
  "drop-all-capabilities": {
    violating: {
      "nothing dropped": context({ capabilities: {} }),
      "one added": context({ capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } }),
      escalation: context({ allowPrivilegeEscalation: true }),
      "some dropped": context({ capabilities: { drop: ["KILL"] } }),
      "escalation by default": context({ allowPrivilegeEscalation: undefined }),
    },
    clean: {
      "low ports": context({ capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }),
      "capabilities that are not known yet": context({ capabilities: unknown }),
      "drops that are not known yet": context({ capabilities: { drop: unknown } }),
      "escalation that is not known yet": context({ allowPrivilegeEscalation: unknown }),
    },
  },
  seccomp: {
    violating: {
      "nothing said": pod({ securityContext: { runAsNonRoot: true } }),
      unconfined: context({ seccompProfile: { type: "Unconfined" } }),
    },
    clean: {
      "by the pod": kubernetes(deployment()),
      "a profile of ours": context({ seccompProfile: { type: "Localhost", localhostProfile: "one.json" } }),
      "not known yet": context({ seccompProfile: unknown }),
      "a type that is not known yet": context({ seccompProfile: { type: unknown } }),
    },
  },
  "no-latest-tag": {
    violating: {
      latest: image("docker.io/library/redis:latest"),
      "no tag": image("docker.io/library/redis"),
      "neither tag nor host": image("redis"),
      "no tag behind a port": image("registry.test:5000/redis"),
      "no tag on this machine": image("localhost/redis"),
      "latest of a kind": image("docker.io/library/redis:latest-alpine"),
    },
    clean: {
      "a tag": image("docker.io/library/redis:7.0.15"),
      "a digest": image(`docker.io/library/redis@sha256:${"0".repeat(64)}`),
      "a tag that begins so": image("docker.io/library/redis:latest7"),
      "latest, but fixed": image(`docker.io/library/redis:latest@sha256:${"0".repeat(64)}`),
      "a tag behind a port": image("registry.test:5000/redis:7"),
      "not known yet": image(unknown),
    },
  },
  "digest-in-production": {
    context: { stack: "prod" },
    violating: {
      "a tag": image("docker.io/library/redis:7.0.15"),
      "a cluster of the operator": kubernetes({
        apiVersion: "postgresql.cnpg.io/v1",
        kind: "Cluster",
        metadata: { name: "postgres" },
        spec: { imageName: "ghcr.io/cloudnative-pg/postgresql:15.20" },
      }),
      "a pooler of the operator": saying(
        "spec.template.spec.containers[1].image:",
        kubernetes({
          apiVersion: "postgresql.cnpg.io/v1",
          kind: "Pooler",
          metadata: { name: "pooler" },
          spec: {
            template: {
              spec: { containers: [{ image: unknown }, { image: "ghcr.io/cloudnative-pg/pgbouncer:1.23" }] },
            },
          },
        }),
      ),
      "half a digest": image(`docker.io/library/redis@sha256:${"0".repeat(63)}`),
    },
    clean: {
      "a tag, elsewhere": inStack("dev", image("docker.io/library/redis:7.0.15")),
      "a digest": image(`docker.io/library/redis:7.0.15@sha256:${"0".repeat(64)}`),
    },
  },
  "allowed-registries": {
    violating: {
      "somebody's": image("docker.io/somebody/redis:7"),
      "somebody's by its short name": saying("image docker.io/somebody/redis is", image("somebody/redis:7")),
      "one behind a port, without a tag": saying(
        "image registry:5000/redis is",
        image("registry:5000/redis"),
      ),
      "a name that only begins so": image("ghcr.io/sophia-ai-evil/one:1"),
      "a name that begins like one image": image("ghcr.io/other/one-more:1"),
      "another image of a registry": image("ghcr.io/other/two:1"),
      "this machine's": saying("image localhost/library/redis is", image("localhost/library/redis:7")),
      "one behind a port": saying("image registry:5000/redis is", image("registry:5000/redis:7")),
    },
    clean: {
      ours: image("ghcr.io/sophia-ai/one:1"),
      "one of another registry": image("ghcr.io/other/one:1"),
      "an official one": image("redis:7.0.15"),
      "an official one with a dot": image("registry.test:7"),
      "an official one by its host": image("docker.io/library/redis:7"),
      "by digest": image(`ghcr.io/sophia-ai/one@sha256:${"0".repeat(64)}`),
    },
  },
  "requests-and-limits": {
    violating: {
      nothing: container({ resources: {} }),
      ...Object.fromEntries(
        ["requests", "limits"].flatMap((kind) =>
          ["cpu", "memory"].map((each) => [
            `no ${kind} of ${each}`,
            saying(
              `resources.${kind}: no ${kind} of ${each}`,
              container({
                resources: {
                  requests: { cpu: "1", memory: "1Gi" },
                  limits: { cpu: "1", memory: "1Gi" },
                  [kind]: { [each === "cpu" ? "memory" : "cpu"]: "1" },
                },
              }),
            ),
          ]),
        ),
      ),
      "no limit of memory": container({
        resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1" } },
      }),
      "an init container": pod({ initContainers: [{ name: "first", image: "x:1" }] }),
    },
    clean: {
      all: kubernetes(deployment()),
      "not known yet": container({ resources: unknown }),
      "limits that are not known yet": container({
        resources: { requests: { cpu: "1", memory: "1Gi" }, limits: unknown },
      }),
    },
  },
  probes: {
    violating: {
      "no readiness": saying("has no readinessProbe", container({ readinessProbe: undefined })),
      "no liveness": saying("has no livenessProbe", container({ livenessProbe: undefined })),
      "a sidecar without": pod({ initContainers: [{ name: "side", image: "x:1", restartPolicy: "Always" }] }),
    },
    clean: {
      both: kubernetes(deployment()),
      "a job": workload("Job", {}, { livenessProbe: undefined }),
      "a job by the clock": workload("CronJob", {}, { livenessProbe: undefined }),
      "an init container": pod({ initContainers: [{ name: "first", image: "x:1" }] }),
    },
  },
  "no-host-access": {
    violating: {
      hostNetwork: pod({ hostNetwork: true }),
      hostPID: pod({ hostPID: true }),
      hostIPC: pod({ hostIPC: true }),
      hostPath: pod({ volumes: [{ name: "v", hostPath: { path: "/var/run/docker.sock" } }] }),
      privileged: context({ privileged: true }),
      "a port of the host": container({
        ports: [{ containerPort: 80, hostPort: 80 }, { containerPort: 81 }],
      }),
      "an init container": saying(
        "spec.template.spec.initContainers[0].securityContext: is privileged",
        pod({ initContainers: [{ name: "first", securityContext: { privileged: true } }] }),
      ),
      ...Object.fromEntries(
        Object.entries({
          Deployment: "spec.template.spec",
          StatefulSet: "spec.template.spec",
          DaemonSet: "spec.template.spec",
          ReplicaSet: "spec.template.spec",
          ReplicationController: "spec.template.spec",
          Job: "spec.template.spec",
          CronJob: "spec.jobTemplate.spec.template.spec",
          PodTemplate: "template.spec",
          Pod: "spec",
        }).map(([kind, path]) => [
          `in a ${kind}`,
          saying(`${path}: hostPID is on`, workload(kind, { hostPID: true })),
        ]),
      ),
    },
    clean: {
      "volumes of other kinds": pod({ volumes: [{ name: "v", emptyDir: {} }] }),
      "ports of its own": container({ ports: [{ containerPort: 80 }] }),
      "what is off": workload(
        "Deployment",
        { hostNetwork: false },
        { securityContext: { privileged: false } },
      ),
    },
  },
  "no-probe-host": {
    violating: {
      ...Object.fromEntries(
        ["livenessProbe", "readinessProbe", "startupProbe"].map((probe) => [
          probe,
          saying(`${probe}: names a host`, container({ [probe]: { httpGet: { host: "169.254.169.254" } } })),
        ]),
      ),
      ...Object.fromEntries(
        ["preStop", "postStart"].map((hook) => [
          hook,
          saying(
            `lifecycle.${hook}: names a host`,
            container({ lifecycle: { [hook]: { tcpSocket: { host: "192.0.2.1" } } } }),
          ),
        ]),
      ),
    },
    clean: { "the pod itself": kubernetes(deployment()) },
  },
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
  "own-namespace": {
    violating: {
      "none named": kubernetes({ ...deployment(), metadata: { name: "one" } }),
      default: kubernetes(deployment({ namespace: "default" })),
    },
    clean: {
      "one of its own": kubernetes(deployment()),
      "not known yet": kubernetes({ ...deployment(), metadata: { name: "one", namespace: unknown } }),
    },
  },
};

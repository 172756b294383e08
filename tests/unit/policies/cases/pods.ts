import { unknown } from "../../../../policies/engine/values.ts";
import { deployment, kubernetes } from "../fixtures.ts";
import { type Case, container, context, named, pod, saying, workload } from "./subjects.ts";

const unknownContainers = {
  "a security context that is not known yet": container({ securityContext: unknown }),
  "a container that is not known yet": pod({ containers: [unknown] }),
};
/** A pod's security context counts where the container says nothing. */
const unknownContexts = {
  ...unknownContainers,
  "a pod's security context that is not known yet": pod({ securityContext: unknown }),
};

export const podsCases: Record<string, Case> = {
  "non-root": {
    violating: {
      "nothing said": pod({ securityContext: {} }),
      "user 0": pod({ securityContext: { runAsNonRoot: true, runAsUser: 0 } }),
      "user 0 as text": pod({ securityContext: { runAsNonRoot: true, runAsUser: "0" } }),
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
      ...unknownContexts,
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
      ...unknownContainers,
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
      ...unknownContainers,
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
      ...unknownContexts,
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
      "a container that is not known yet": unknownContainers["a container that is not known yet"],
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
      "a container that is not known yet": unknownContainers["a container that is not known yet"],
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
      "a container behind one that is not known yet": saying(
        "spec.template.spec.containers[1].securityContext: is privileged",
        pod({ containers: [unknown, { securityContext: { privileged: true } }] }),
      ),
      "a volume of a path of a host": saying(
        "spec.hostPath: gives pods the host's /etc",
        named("v1", "PersistentVolume", { hostPath: { path: "/etc" } }),
      ),
      "a volume of a disk of a host": saying(
        "spec.local: gives pods the host's /dev/sdb",
        named("v1", "PersistentVolume", { local: { path: "/dev/sdb" } }),
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
      "a volume of the network": named("v1", "PersistentVolume", { nfs: { path: "/", server: "nfs.test" } }),
      "a volume that is not known yet": named("v1", "PersistentVolume", { hostPath: undefined }),
      "another kind with a path": named("example.test/v1", "Disk", { hostPath: { path: "/etc" } }),
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
  "own-namespace": {
    violating: {
      "none named": kubernetes({ ...deployment(), metadata: { name: "one" } }),
      default: kubernetes(deployment({ namespace: "default" })),
      "an empty one": kubernetes({ ...deployment(), metadata: { name: "one", namespace: "" } }),
      "one of Kubernetes itself": saying(
        "metadata.namespace: is kube-system",
        kubernetes(deployment({ namespace: "kube-system" })),
      ),
    },
    clean: {
      "one of its own": kubernetes(deployment()),
      "a name that only holds one": kubernetes(deployment({ namespace: "my-kube-default" })),
      "not known yet": kubernetes({ ...deployment(), metadata: { name: "one", namespace: unknown } }),
    },
  },
};

import { unknown } from "../../../../policies/engine/values.ts";
import { deployment, kubernetes } from "../fixtures.ts";
import { type Case, container, context, image, pod } from "./subjects.ts";

export const podsCases: Record<string, Case> = {
  "non-root": {
    violating: {
      "nothing said": pod({ securityContext: {} }),
      "user 0": pod({ securityContext: { runAsNonRoot: true, runAsUser: 0 } }),
      "overridden by the container": context({ runAsNonRoot: false }),
    },
    clean: { "by the pod": kubernetes(deployment()) },
  },
  "read-only-root": {
    violating: {
      writable: context({ readOnlyRootFilesystem: false }),
      "nothing said": container({ securityContext: {} }),
    },
    clean: { "read-only": kubernetes(deployment()) },
  },
  "drop-all-capabilities": {
    violating: {
      "nothing dropped": context({ capabilities: {} }),
      "one added": context({ capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } }),
      escalation: context({ allowPrivilegeEscalation: true }),
    },
    clean: { "low ports": context({ capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }) },
  },
  seccomp: {
    violating: {
      "nothing said": pod({ securityContext: { runAsNonRoot: true } }),
      unconfined: context({ seccompProfile: { type: "Unconfined" } }),
    },
    clean: { "by the pod": kubernetes(deployment()), "not known yet": context({ seccompProfile: unknown }) },
  },
  "no-latest-tag": {
    violating: {
      latest: image("docker.io/library/redis:latest"),
      "no tag": image("docker.io/library/redis"),
      "no tag behind a port": image("registry.test:5000/redis"),
    },
    clean: {
      "a tag": image("docker.io/library/redis:7.0.15"),
      "a digest": image(`docker.io/library/redis@sha256:${"0".repeat(64)}`),
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
    },
    clean: { "a digest": image(`docker.io/library/redis:7.0.15@sha256:${"0".repeat(64)}`) },
  },
  "allowed-registries": {
    violating: {
      "somebody's": image("docker.io/somebody/redis:7"),
      "somebody's by its short name": image("somebody/redis:7"),
      "a name that only begins so": image("ghcr.io/sophia-ai-evil/one:1"),
    },
    clean: { ours: image("ghcr.io/sophia-ai/one:1"), "an official one": image("redis:7.0.15") },
  },
  "requests-and-limits": {
    violating: {
      nothing: container({ resources: {} }),
      "no limit of memory": container({
        resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1" } },
      }),
      "an init container": pod({ initContainers: [{ name: "first", image: "x:1" }] }),
    },
    clean: { all: kubernetes(deployment()), "not known yet": container({ resources: unknown }) },
  },
  probes: {
    violating: { "no readiness": container({ readinessProbe: undefined }) },
    clean: {
      both: kubernetes(deployment()),
      "a job": kubernetes({ ...deployment({ container: { livenessProbe: undefined } }), kind: "Job" }),
    },
  },
  "no-host-access": {
    violating: {
      hostNetwork: pod({ hostNetwork: true }),
      hostPID: pod({ hostPID: true }),
      hostIPC: pod({ hostIPC: true }),
      hostPath: pod({ volumes: [{ name: "v", hostPath: { path: "/var/run/docker.sock" } }] }),
      privileged: context({ privileged: true }),
      "a port of the host": container({ ports: [{ containerPort: 80, hostPort: 80 }] }),
    },
    clean: { "volumes of other kinds": pod({ volumes: [{ name: "v", emptyDir: {} }] }) },
  },
  "no-probe-host": {
    violating: {
      "a probe": container({ livenessProbe: { httpGet: { host: "169.254.169.254", path: "/", port: 80 } } }),
      "a hook": container({ lifecycle: { preStop: { tcpSocket: { host: "192.0.2.1", port: 80 } } } }),
    },
    clean: { "the pod itself": kubernetes(deployment()) },
  },
};

import type { Fault, Group } from "./fault.ts";
import { genericPassword, keys } from "./keys.ts";
import type { Draw } from "./random.ts";
import { type Body, type Container, type Workload, workload } from "./shapes.ts";

type Kinds = Parameters<typeof workload>[1];
const staying = ["Deployment", "StatefulSet", "DaemonSet", "Pod"] as const;

/** A fault of a workload as a whole. */
const inPod = (
  group: Group,
  name: string,
  spoil: (workload: Workload, draw: Draw) => void,
  kinds?: Kinds,
): Fault => ({
  name,
  group,
  make(draw) {
    const clean = workload(draw, kinds);
    const faulty = structuredClone(clean);
    spoil(faulty, draw);
    return { clean: [clean.object], faulty: [faulty.object] };
  },
});

/** A fault of one container, whichever the draw gives: the first, a second, one that runs before. */
const inContainer = (
  group: Group,
  name: string,
  spoil: (container: Container, draw: Draw) => void,
  kinds?: Kinds,
): Fault => inPod(group, name, (given, draw) => spoil(draw.one(given.containers), draw), kinds);

const inProbed = (name: string, spoil: (container: Container) => void): Fault =>
  inPod("resources and probes", name, ({ lasting }, draw) => spoil(draw.one(lasting)), staying);

const gpu = (given: Workload, amount: string, more: Body): void => {
  const [container] = given.lasting;
  if (!container) throw new Error("a workload without a container");
  container.resources.requests["nvidia.com/gpu"] = amount;
  container.resources.limits["nvidia.com/gpu"] = amount;
  Object.assign(given.pod, more);
};
const reachable = {
  runtimeClassName: "nvidia",
  nodeSelector: { "nvidia.com/gpu.present": "true" },
  tolerations: [{ key: "nvidia.com/gpu", operator: "Exists" }],
};
/** Twins of GPU pods ask for a slice, too: the fault is in how. */
const inGpu = (name: string, spoil: (workload: Workload) => void): Fault => ({
  name,
  group: "GPU and MCP",
  make(draw) {
    const clean = workload(draw, staying);
    gpu(clean, "1", reachable);
    const faulty = structuredClone(clean);
    spoil(faulty);
    return { clean: [clean.object], faulty: [faulty.object] };
  },
});

/** Where the image's name has no tag and no digest any more. */
const bare = (image: string) => (image.split("@")[0] ?? "").replace(/:[^:/]*$/, "");

export const podFaults: Fault[] = [
  inContainer("host and privileges", "privileged", ({ securityContext }) => {
    securityContext.privileged = true;
    securityContext.allowPrivilegeEscalation = true;
  }),
  inPod("host and privileges", "host's network", ({ pod }) => {
    pod.hostNetwork = true;
  }),
  inPod("host and privileges", "host's processes", ({ pod }) => {
    pod.hostPID = true;
  }),
  inPod("host and privileges", "host's IPC", ({ pod }) => {
    pod.hostIPC = true;
  }),
  inPod("host and privileges", "host's path", ({ pod, containers }, draw) => {
    const path = draw.one(["/var/run/docker.sock", "/etc", "/", "/var/lib/kubelet"]);
    pod.volumes.push({ name: "host", hostPath: { path } });
    draw.one(containers).volumeMounts.push({ name: "host", mountPath: "/host" });
  }),
  inContainer("host and privileges", "host's port", ({ ports }) => {
    ports.push({ containerPort: 9000, hostPort: 9000 });
  }),
  inContainer("host and privileges", "added capability", ({ securityContext }, draw) => {
    securityContext.capabilities = { drop: ["ALL"], add: [draw.one(["SYS_ADMIN", "NET_RAW", "SYS_PTRACE"])] };
  }),
  inContainer("host and privileges", "capabilities kept", ({ securityContext }) => {
    delete securityContext.capabilities;
  }),
  inContainer("host and privileges", "may gain privileges", ({ securityContext }, draw) => {
    if (draw.below(2) === 0) securityContext.allowPrivilegeEscalation = true;
    else delete securityContext.allowPrivilegeEscalation;
  }),
  inPod("user and file system", "may run as root", ({ pod }) => {
    delete pod.securityContext.runAsNonRoot;
    delete pod.securityContext.runAsUser;
  }),
  inContainer("user and file system", "runs as user 0", ({ securityContext }) => {
    securityContext.runAsUser = 0;
  }),
  inContainer("user and file system", "container overrides non-root", ({ securityContext }) => {
    securityContext.runAsNonRoot = false;
  }),
  inContainer("user and file system", "writable root", ({ securityContext }) => {
    delete securityContext.readOnlyRootFilesystem;
  }),
  inPod("kernel and volumes", "no seccomp", ({ pod }) => {
    delete pod.securityContext.seccompProfile;
  }),
  inContainer("kernel and volumes", "seccomp off", ({ securityContext }) => {
    securityContext.seccompProfile = { type: "Unconfined" };
  }),
  inContainer("kernel and volumes", "AppArmor off", ({ securityContext }) => {
    securityContext.appArmorProfile = { type: "Unconfined" };
  }),
  inContainer("kernel and volumes", "SELinux loosened", ({ securityContext }) => {
    securityContext.seLinuxOptions = { type: "spc_t" };
  }),
  inContainer("kernel and volumes", "unmasked /proc", ({ securityContext }) => {
    securityContext.procMount = "Unmasked";
  }),
  inPod("kernel and volumes", "unsafe sysctl", ({ pod }, draw) => {
    pod.securityContext.sysctls = [
      { name: draw.one(["kernel.msgmax", "net.core.somaxconn"]), value: "1024" },
    ];
  }),
  inPod("kernel and volumes", "volume of a forbidden type", ({ pod }, draw) => {
    const kind = draw.one([
      { nfs: { server: "192.0.2.9", path: "/" } },
      { iscsi: { targetPortal: "192.0.2.9", iqn: "iqn.2001-04.test:x", lun: 0 } },
    ]);
    pod.volumes.push({ name: "foreign", ...kind });
  }),
  inContainer("images", "tag latest", (container) => {
    container.image = `${bare(container.image)}:latest`;
  }),
  inContainer("images", "no tag", (container) => {
    container.image = bare(container.image);
  }),
  inContainer("images", "no digest", (container) => {
    container.image = container.image.split("@")[0] ?? "";
  }),
  inContainer("images", "somebody's registry", (container, draw) => {
    container.image = container.image.replace(
      "ghcr.io/sophia-ai/",
      draw.one(["docker.io/somebody/", "registry.test/", "ghcr.io/sophia-ai-evil/"]),
    );
  }),
  inContainer("resources and probes", "no resources", (container) => {
    container.resources = { requests: {}, limits: {} };
  }),
  inContainer("resources and probes", "no memory limit", ({ resources }) => {
    delete resources.limits.memory;
  }),
  inContainer("resources and probes", "no CPU request", ({ resources }) => {
    delete resources.requests.cpu;
    delete resources.limits.cpu;
  }),
  inProbed("no liveness probe", (container) => {
    delete container.livenessProbe;
  }),
  inProbed("no readiness probe", (container) => {
    delete container.readinessProbe;
  }),
  inProbed("probe of another host", (container) => {
    container.livenessProbe = { httpGet: { host: "169.254.169.254", path: "/", port: 80 } };
  }),
  inGpu("a quarter of a GPU", (given) => gpu(given, "0.25", {})),
  inGpu("two slices", (given) => gpu(given, "2", {})),
  inGpu("no runtime class", ({ pod }) => {
    delete pod.runtimeClassName;
  }),
  inGpu("no toleration", ({ pod }) => {
    delete pod.tolerations;
  }),
  {
    name: "MCP server elsewhere",
    group: "GPU and MCP",
    make(draw) {
      const clean = workload(draw, ["Deployment"]);
      clean.object.metadata.namespace = "mcp";
      clean.pod.nodeSelector = { "kubernetes.io/hostname": "mcp-node" };
      const faulty = structuredClone(clean);
      faulty.pod.nodeSelector = { "kubernetes.io/hostname": "backend" };
      return { clean: [clean.object], faulty: [faulty.object] };
    },
  },
  inContainer("keys", "key in the environment", ({ env }, draw) => {
    env.push({ name: "SETTING", value: draw.one(keys)(draw) });
  }),
  inContainer("keys", "key in arguments", ({ args }, draw) => {
    args.push(`--with=${draw.one(keys)(draw)}`);
  }),
  inPod("keys", "key in an annotation", ({ metadata }, draw) => {
    metadata.annotations["sophia.ai/note"] = `use ${draw.one(keys)(draw)}`;
  }),
  inContainer("keys", "password in the environment", ({ env }, draw) => {
    env.push({
      name: draw.one(["DB_PASSWORD", "CLIENT_SECRET", "APP_API_KEY"]),
      value: genericPassword(draw),
    });
  }),
  inPod("access to the API", "token mounted for nothing", ({ pod }) => {
    delete pod.automountServiceAccountToken;
  }),
  inPod("access to the API", "token of the default account", ({ pod }) => {
    delete pod.serviceAccountName;
    delete pod.automountServiceAccountToken;
  }),
  inContainer("wiring", "environment variable twice", ({ env }) => {
    env.push({ name: "LOG_LEVEL", value: "debug" });
  }),
  inPod(
    "wiring",
    "selector matches nothing",
    ({ metadata }) => {
      metadata.labels["app.kubernetes.io/name"] = "another";
    },
    ["Deployment", "StatefulSet", "DaemonSet"],
  ),
];

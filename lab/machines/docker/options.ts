import { type LabIdentity, labelArguments, labels } from "../../../tools/docker/docker.ts";
import type { MachineSpec } from "../driver.ts";
import type { LabNetwork } from "./network.ts";

/** How a container gets the kernel access that systemd and a kubelet need. */
export type Privilege = "privileged" | "capabilities";

/**
 * `capabilities` is all capabilities except those that affect the underlying machine: clock, kernel modules and resource
 * limits (some machines lack the last one, and then refuse `--privileged`).
 */
const privileges: Record<Privilege, string[]> = {
  privileged: ["--privileged"],
  capabilities: [
    "--cap-add=ALL",
    "--cap-drop=SYS_RESOURCE",
    "--cap-drop=SYS_TIME",
    "--cap-drop=SYS_MODULE",
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
    "--security-opt=systempaths=unconfined",
    "--device=/dev/kmsg",
    "--device=/dev/fuse",
  ],
};

/** Arguments of `docker run` that every machine needs. */
export const bootArguments = (privilege: Privilege): string[] => [
  ...privileges[privilege],
  "--cgroupns=private",
  "--tmpfs=/run:exec,mode=755",
  "--tmpfs=/run/lock",
  "--tmpfs=/tmp:exec,mode=1777",
];

/** The order of attempts: cgroup v2 supports delegation, with v1 the shorter list is known to work. */
export const privilegeOrder = (cgroupVersion: string): Privilege[] =>
  cgroupVersion === "2" ? ["privileged", "capabilities"] : ["capabilities", "privileged"];

/** Ports of a machine that are published on its public address: SSH, HTTP(S), Kubernetes' API, host health. */
export const publishedPorts = [22, 80, 443, 6443, 8080];

/** Folders on volumes: overlay file systems cannot be stacked on the container's. */
const diskFolders = {
  rancher: "/var/lib/rancher",
  containerd: "/var/lib/containerd",
  docker: "/var/lib/docker",
};

/** Name of the container of a machine. */
export const containerName = (lab: LabIdentity, id: string): string => `sophia-${lab.name}-${id}`;

/** Volumes of a machine, by their name in the engine. */
export const volumesOf = (lab: LabIdentity, id: string): { name: string; path: string }[] =>
  Object.entries(diskFolders).map(([part, path]) => ({ name: `${containerName(lab, id)}-${part}`, path }));

export interface MachineOptions {
  lab: LabIdentity;
  image: string;
  network: LabNetwork;
  privilege: Privilege;
  /** Name servers that the machine's pods can reach. Empty: Docker's own. */
  nameservers: string[];
  /** Folder of the lab that holds a file system's data. */
  fileSystemFolder(fileSystemId: string): string;
}

/** Arguments of `docker create` for a machine, without secrets. Pure. */
export function createArguments(spec: MachineSpec, options: MachineOptions): string[] {
  const { lab, network } = options;
  const publish = publishedPorts.map((port) => `--publish=${spec.publicAddress}:${port}:${port}`);
  const volumes = volumesOf(lab, spec.id).map(({ name, path }) => `--volume=${name}:${path}`);
  const fileSystems = spec.fileSystems.map(
    ({ id, mountPoint }) => `--mount=type=bind,source=${options.fileSystemFolder(id)},target=${mountPoint}`,
  );
  return [
    "create",
    `--name=${containerName(lab, spec.id)}`,
    `--hostname=${spec.hostname}`,
    ...labelArguments(lab),
    `--label=${labels.machine}=${spec.id}`,
    `--network=${network.name}`,
    `--ip=${network.machine(spec.publicAddress)}`,
    ...publish,
    // A machine that reboots itself is restarted; one that is killed from outside stays stopped.
    "--restart=on-failure:1",
    ...bootArguments(options.privilege),
    ...volumes,
    ...fileSystems,
    "--env=container=docker",
    ...(options.nameservers.length > 0 ? [`--env=LAB_NAMESERVERS=${options.nameservers.join(" ")}`] : []),
    "--log-opt=max-size=5m",
    options.image,
  ];
}

/** Addresses of name servers in the text of a resolv.conf that are reachable from another network namespace. Pure. */
export const nameserversIn = (text: string): string[] =>
  [...text.matchAll(/^nameserver\s+(\S+)/gm)]
    .map((match) => match[1] ?? "")
    .filter((address) => !address.startsWith("127.") && !address.includes(":"));

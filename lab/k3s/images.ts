import { arch } from "node:os";
import { images } from "../../components/core/versions.ts";
import { clusterPrograms, type Program } from "./artefact.ts";

/** An image without a base, with the listed programs only. */
export interface ScratchImage<Name extends string = Program> {
  /** Short name, for the cache and for messages. */
  name: string;
  /** The production name that the cluster uses. */
  reference: string;
  /** Programs of an artefact, by their absolute path in the image. All have mode 0755 and belong to root. Default artefact: `clusterPrograms`. */
  programs: Record<string, Name>;
  /** Symbolic links: path in the image to target. */
  links?: Record<string, string>;
  entrypoint: string[];
  /** `uid:gid`. Default: root. */
  user?: string;
}

/** The artefact with the programs. */
export const programsArtefact = clusterPrograms;

const processor = arch() === "x64" ? "amd64" : arch();
const operator = `operator/manager_${processor}`;

/** Images that the cluster itself needs, under the names that K3s, CloudNativePG and NVIDIA's chart use. */
export const scratchImages: ScratchImage[] = [
  {
    name: "pause",
    reference: "docker.io/rancher/mirrored-pause:3.6",
    programs: { "/pause": "pause" },
    entrypoint: ["/pause"],
    user: "65535:65535",
  },
  {
    name: "coredns",
    reference: "docker.io/rancher/mirrored-coredns-coredns:1.14.6",
    programs: { "/coredns": "coredns" },
    entrypoint: ["/coredns"],
  },
  {
    name: "local-path-provisioner",
    reference: "docker.io/rancher/local-path-provisioner:v0.0.32",
    programs: { "/usr/bin/local-path-provisioner": "local-path-provisioner" },
    entrypoint: ["/usr/bin/local-path-provisioner"],
  },
  {
    name: "metrics-server",
    reference: "docker.io/rancher/mirrored-metrics-server:v0.9.0",
    programs: { "/metrics-server": "metrics-server" },
    entrypoint: ["/metrics-server"],
    user: "1000:1000",
  },
  {
    name: "gpu-device-plugin",
    reference: images.nvidiaDevicePlugin,
    // The chart names both commands without a path.
    programs: { "/usr/bin/nvidia-device-plugin": "gpu-device-plugin" },
    links: { "/usr/bin/config-manager": "nvidia-device-plugin" },
    entrypoint: ["/usr/bin/nvidia-device-plugin"],
  },
  {
    name: "cnpg-operator",
    reference: images.cnpgOperator,
    // The operator copies itself into every database pod, from /operator/manager_<processor>.
    programs: { [`/${operator}`]: "manager" },
    links: { "/manager": operator },
    entrypoint: ["/manager"],
    user: "65532:65532",
  },
];

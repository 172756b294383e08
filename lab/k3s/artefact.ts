import { readFile } from "node:fs/promises";
import { arch } from "node:os";
import { join } from "node:path";
import { versions } from "../../components/core/versions.ts";
import type { Artefact } from "../../tools/artefacts/artefact.ts";
import { goBuild } from "../../tools/artefacts/goBuild.ts";
import { moduleVersion } from "../../tools/artefacts/goMod.ts";
import { hashOf } from "../../tools/artefacts/hash.ts";
import { run } from "../../tools/exec.ts";

const folder = import.meta.dirname;
const operatorModule = "github.com/cloudnative-pg/cloudnative-pg";
/** Programs of other modules. `go build` names each after its folder. */
const published = {
  /** CloudNativePG's operator. */
  manager: `${operatorModule}/cmd/manager`,
  "metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server",
} as const;

/** Programs of the cluster, by the name of their file in the artefact's folder. */
const programs = [
  "k3s",
  "pause",
  "coredns",
  "local-path-provisioner",
  "gpu-device-plugin",
  "manager",
  "metrics-server",
] as const;
export type Program = (typeof programs)[number];

/**
 * Linker flags: the stand-in reports the K3s version of `components/core/versions.ts`, the operator its own version
 * (which determines its default images and upgrades).
 */
export function linkerFlags(goMod: string, k3sVersion: string): string {
  const [major = "", minor = ""] = k3sVersion.slice(1).split(".");
  const kubernetes = {
    gitVersion: k3sVersion,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: "clean",
    // A fixed date: equal sources give equal binaries.
    buildDate: "1970-01-01T00:00:00Z",
  };
  const stamps = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((path) =>
    Object.entries(kubernetes).map(([name, value]) => `-X ${path}.${name}=${value}`),
  );
  const operator = moduleVersion(goMod, operatorModule, "lab/k3s/go.mod").slice(1);
  return ["-s", "-w", ...stamps, `-X ${operatorModule}/pkg/versions.buildVersion=${operator}`].join(" ");
}

/**
 * The K3s stand-in and every program of its cluster images: one module and one `go build`, so that shared
 * packages (mainly Kubernetes's client libraries) are compiled once. Static binaries for Linux on this machine's processor.
 */
export const clusterPrograms: Artefact = {
  name: "cluster-programs",
  title: "build the K3s stand-in and the programs of its cluster",
  weight: 8,
  alone: "go",
  async key() {
    const { stdout } = await run("go", ["env", "GOVERSION"], { cwd: folder });
    return hashOf(
      folder,
      ["go.mod", "go.sum", "artefact.ts", "cmd", "internal"],
      stdout.trim(),
      arch(),
      versions.k3s,
    );
  },
  async build({ out, log, signal }) {
    const goMod = await readFile(join(folder, "go.mod"), "utf8");
    const packages = programs.map((name) =>
      name in published ? published[name as keyof typeof published] : `./cmd/${name}`,
    );
    await goBuild({
      cwd: folder,
      out: `${out}/`,
      packages,
      linkerFlags: linkerFlags(goMod, versions.k3s),
      env: { GOOS: "linux" },
      log,
      signal,
    });
  },
};

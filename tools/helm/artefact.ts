import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Artefact } from "../artefacts/artefact.ts";
import { goBuild } from "../artefacts/goBuild.ts";
import { moduleVersion } from "../artefacts/goMod.ts";
import { hashOf } from "../artefacts/hash.ts";
import { run } from "../exec.ts";

const folder = import.meta.dirname;
const helmPackage = "helm.sh/helm/v3";
const goModFile = "tools/helm/go.mod";

/**
 * Linker flags that helm's own release build sets. Without them a plain build takes every cluster for
 * Kubernetes 1.20 in `helm template` and `helm lint`, and refuses charts that want a newer one.
 */
function linkerFlags(goMod: string): string {
  const kubernetesMinor = moduleVersion(goMod, "k8s.io/client-go", goModFile).split(".")[1] ?? "";
  const values = {
    "internal/version.version": moduleVersion(goMod, helmPackage, goModFile),
    "pkg/lint/rules.k8sVersionMajor": "1",
    "pkg/lint/rules.k8sVersionMinor": kubernetesMinor,
    "pkg/chartutil.k8sVersionMajor": "1",
    "pkg/chartutil.k8sVersionMinor": kubernetesMinor,
  };
  const stamps = Object.entries(values).map(([name, value]) => `-X ${helmPackage}/${name}=${value}`);
  return ["-s", "-w", ...stamps].join(" ");
}

/** The helm command line, built from its published module. The result is the file `helm`. */
export const helm: Artefact = {
  name: "helm",
  title: "build helm",
  weight: 2,
  alone: "go",
  async key() {
    const { stdout } = await run("go", ["version"]);
    return hashOf(folder, ["go.mod", "go.sum", "artefact.ts"], stdout.trim());
  },
  async build({ out, log, signal }) {
    const goMod = await readFile(join(folder, "go.mod"), "utf8");
    await goBuild({
      cwd: folder,
      out: join(out, "helm"),
      packages: [`${helmPackage}/cmd/helm`],
      linkerFlags: linkerFlags(goMod),
      log,
      signal,
    });
  },
};

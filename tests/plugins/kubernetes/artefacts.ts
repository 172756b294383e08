import { join } from "node:path";
import type { Artefact } from "../../../lab/artefacts/artefact.ts";
import { hashOf } from "../../../lab/artefacts/hash.ts";
import { obtain } from "../../../lab/artefacts/obtain.ts";
import { run } from "../../../lab/exec.ts";
import { helm } from "../../../lab/helm/artefact.ts";
import { checkout } from "../../../lab/pulumi/versions.ts";

/** How the programs of a control plane are started. */
export interface Binaries {
  etcd: string;
  apiserver: string[];
  controllerManager: string[];
  helm: string;
}

const source = join(import.meta.dirname, "etcd");

/** One etcd member, from the modules that the k3s stand-in is built from. */
const etcd: Artefact = {
  name: "test-etcd",
  title: "build the tests' etcd",
  key: async () => hashOf(source, ["go.mod", "go.sum", "main.go"], (await run("go", ["version"])).stdout),
  async build({ out, log, signal }) {
    await run("go", ["build", "-trimpath", "-ldflags", "-s -w", "-o", join(out, "etcd"), "."], {
      cwd: source,
      env: { CGO_ENABLED: "0" },
      onLine: log,
      signal,
    });
  },
};

const cache = process.env.LAB_CACHE ?? join(process.env.LAB_ROOT ?? join(checkout, ".lab"), "cache");

export async function binaries(): Promise<Binaries> {
  const dev = process.env.KP;
  if (dev)
    return {
      etcd: join(dev, "etcd"),
      apiserver: [join(dev, "kube-apiserver")],
      controllerManager: [join(dev, "kube-controller-manager")],
      helm: join(dev, "helm"),
    };
  const folders = await obtain([etcd, helm], { cache });
  return {
    etcd: join(folders.get(etcd.name) ?? "", "etcd"),
    apiserver: [],
    controllerManager: [],
    helm: join(folders.get(helm.name) ?? "", "helm"),
  };
}

import { join } from "node:path";
import { clusterPrograms } from "../../../../lab/k3s/artefact.ts";
import type { Artefact } from "../../../../tools/artefacts/artefact.ts";
import { hashOf } from "../../../../tools/artefacts/hash.ts";
import { obtain } from "../../../../tools/artefacts/obtain.ts";
import { run } from "../../../../tools/exec.ts";
import { helm } from "../../../../tools/helm/artefact.ts";
import { cacheFolder } from "../../../../tools/repository.ts";

/** How the programs of a control plane are started. */
export interface Binaries {
  etcd: string;
  apiserver: string[];
  controllerManager: string[];
  helm: string;
}

const source = join(import.meta.dirname, "../etcd");

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

const cache = cacheFolder();

/** The k3s stand-in brings the API server and the controllers; only its etcd is no program of its own. */
export async function binaries(): Promise<Binaries> {
  const folders = await obtain([clusterPrograms, etcd, helm], { cache });
  const file = (artefact: Artefact, name: string) => join(folders.get(artefact.name) ?? "", name);
  const k3s = file(clusterPrograms, "k3s");
  return {
    etcd: file(etcd, "etcd"),
    apiserver: [k3s, "kube-apiserver"],
    controllerManager: [k3s, "kube-controller-manager"],
    helm: file(helm, "helm"),
  };
}

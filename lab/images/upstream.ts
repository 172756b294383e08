import { chmod, cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { versions } from "../../components/core/versions.ts";
import type { Artefact, BuildContext } from "../../tools/artefacts/artefact.ts";
import { run } from "../../tools/exec.ts";

/** A published Go module whose zip also carries a manifest or chart. */
interface Module {
  path: string;
  version: string;
  /** Go's checksum of the module's zip. */
  sum: string;
}

/** Fetches the module through the Go client and returns its folder. */
async function fetchModule(module: Module, { log, signal }: BuildContext): Promise<string> {
  const { stdout } = await run("go", ["mod", "download", "-json", `${module.path}@${module.version}`], {
    onLine: log,
    signal,
    cwd: "/",
  });
  const { Dir, Sum } = JSON.parse(stdout) as { Dir: string; Sum: string };
  if (Sum !== module.sum) {
    throw new Error(
      `${module.path}@${module.version} has checksum ${Sum}, expected ${module.sum}: do not use it`,
    );
  }
  return Dir;
}

/** Copies from the module cache are read-only, and could not be removed. */
async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
    else await chmod(join(folder, entry.name), 0o644);
  }
}

/** What a published module also carries, obtained again when the module changes. */
const carriedBy = (
  module: Module,
  artefact: Pick<Artefact, "name" | "title">,
  copy: (folder: string, out: string) => Promise<void>,
): Artefact => ({
  ...artefact,
  key: async () => JSON.stringify(module),
  build: async (context) => copy(await fetchModule(module, context), context.out),
});

/** CloudNativePG's release manifest: the folder has one file, `cnpg.json`, which the program reads a hundred times faster. */
export const operatorManifest: Artefact = carriedBy(
  {
    path: "github.com/cloudnative-pg/cloudnative-pg",
    version: `v${versions.cloudNativePg}`,
    sum: "h1:fnhVq44xXx97MNiuvJsPrX1vSjYbgdyBK5MSGfdHdp0=",
  },
  { name: "cnpg-json", title: `get CloudNativePG's manifest v${versions.cloudNativePg}` },
  async (folder, out) => {
    const released = join(folder, "releases", `cnpg-${versions.cloudNativePg}.yaml`);
    const documents = parseAllDocuments(await readFile(released, "utf8"));
    const fault = documents.flatMap(({ errors }) => errors)[0];
    if (fault) throw new Error(`${released}: ${fault.message}`);
    const items = documents.map((each): unknown => each.toJS()).filter((each) => each !== null);
    await writeFile(join(out, "cnpg.json"), JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  },
);

/** NVIDIA's chart: the folder has one folder, `nvidia-device-plugin`. */
export const devicePluginChart: Artefact = carriedBy(
  {
    path: "github.com/NVIDIA/k8s-device-plugin",
    version: `v${versions.nvidiaDevicePlugin}`,
    sum: "h1:3JBGCsq0moOtpqyYHpevGZNcPKmIJeTiL7qSQ/rC71Q=",
  },
  { name: "nvidia-chart", title: `get NVIDIA's device plugin chart v${versions.nvidiaDevicePlugin}` },
  async (folder, out) => {
    const target = join(out, "nvidia-device-plugin");
    await cp(join(folder, "deployments/helm/nvidia-device-plugin"), target, { recursive: true });
    await makeWritable(target);
  },
);

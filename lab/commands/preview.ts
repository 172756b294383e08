import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { helm } from "../helm/artefact.ts";
import { placeholderSecrets } from "../keys.ts";
import { type Lab, repository } from "../lab.ts";
import { previewStackConfig } from "../overlay.ts";
import type { Progress } from "../progress.ts";
import { devicePluginChart, operatorManifest } from "../upstream/artefacts.ts";
import { obtainAll, previewArtefacts } from "./artefacts.ts";
import { Stack } from "./stack.ts";
import { prepare } from "./up.ts";

/**
 * `make preview`: the plan for a stack. `local` is compared with the running lab; `dev` and `prod` are planned from
 * nothing, with placeholder secrets, and reach no account. The policy pack judges every plan.
 */
export async function preview(
  lab: Lab,
  name: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const stack =
    name === "local" ? await prepare(lab, progress, signal) : await offline(lab, name, progress, signal);
  await stack.pulumi(["preview", "--color", "never", "--policy-pack", join(repository, "policies")], {
    onLine: (line) => {
      if (!line.startsWith("@")) process.stdout.write(`${line}\n`);
    },
    signal,
  });
}

async function offline(lab: Lab, name: string, progress: Progress, signal: AbortSignal): Promise<Stack> {
  const file = join(repository, `Pulumi.${name}.yaml`);
  await access(file).catch(() => {
    throw new Error(`there is no stack ${name}: ${file} does not exist`);
  });
  const { folder, toolchain } = await obtainAll(lab, previewArtefacts, progress, signal);
  const own: Lab = { ...lab, name: `preview-${name}`, folder: join(lab.folder, "..", `preview-${name}`) };
  const stack = new Stack(toolchain, own, { LAB_HELM: join(folder(helm), "helm") }, name);
  const config = previewStackConfig(await readFile(file, "utf8"), {
    operatorManifest: join(folder(operatorManifest), "cnpg.yaml"),
    devicePluginChart: join(folder(devicePluginChart), "nvidia-device-plugin"),
  });
  await stack.configure(config, await placeholderSecrets(own));
  return stack;
}

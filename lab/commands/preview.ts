import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describePlan, type PlanFiles, planOutcome } from "../../delivery/comment/write.ts";
import { withEventLog } from "../../delivery/stack/eventLog.ts";
import { CommandFailed } from "../../tools/exec.ts";
import { helm } from "../../tools/helm/artefact.ts";
import { policyPack, repository } from "../../tools/repository.ts";
import { devicePluginChart, operatorManifest } from "../images/upstream.ts";
import type { Lab } from "../lab.ts";
import { makeSaasCredentials } from "../saas/credentials.ts";
import { Stack } from "../stack/stack.ts";
import { previewStackConfig } from "../stack/stackConfig.ts";
import { readStackFile } from "../stack/stackFile.ts";
import { markFolder } from "../state/folder.ts";
import { placeholderSecrets } from "../state/keys.ts";
import type { Progress } from "../terminal/progress.ts";
import { obtainAll, previewArtefacts } from "./artefacts.ts";
import { checkPrograms } from "./preflight/programs.ts";
import { checkSettingsFile } from "./preflight/settings.ts";
import { prepare } from "./up.ts";

/**
 * `make preview`: the plan for a stack. `local` is compared with the running lab; `dev` and `prod` are planned from
 * nothing, with placeholder secrets, without any account. The policy pack checks every plan.
 *
 * @param wanted files to describe the plan in, also when it was refused
 * @throws when the program failed or a mandatory policy refused the plan
 */
export async function preview(
  lab: Lab,
  name: string,
  wanted: PlanFiles,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const stack =
    name === "local"
      ? (await prepare(lab, false, progress, signal)).stack
      : await offlineStack(lab, name, progress, signal);
  await withEventLog(async (log) => {
    const args = ["preview", "--color", "never", "--policy-pack", policyPack];
    const result = await stack.pulumi([...args, "--event-log", log], {
      onLine: (line) => {
        if (!line.startsWith("@")) process.stdout.write(`${line}\n`);
      },
      // The option exists only with this set; Pulumi's automation API uses both.
      env: { PULUMI_DEBUG_COMMANDS: "true" },
      allowFailure: true,
      signal,
    });
    const plan = await planOutcome(log, { stack: name, offline: name !== "local", ...result });
    await describePlan(plan, wanted);
    if (result.code !== 0) throw new CommandFailed("pulumi", args, result);
  });
}

/** A separate, empty stack with the settings of `Pulumi.<name>.yaml` and placeholder secrets. */
export async function offlineStack(
  lab: Lab,
  name: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<Stack> {
  const stacks = (await readdir(repository)).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  if (!stacks.includes(name))
    throw new Error(`there is no stack ${name}; there are: ${stacks.sort().join(", ")}`);
  const file = join(repository, `Pulumi.${name}.yaml`);
  await checkSettingsFile(file, name);
  await checkPrograms();
  await markFolder(lab);
  const { folder, toolchain } = await obtainAll(lab, previewArtefacts, progress, signal);
  const own: Lab = { ...lab, name: `preview-${name}`, folder: join(lab.folder, "previews", name) };
  const stack = new Stack(toolchain, own, { HELM_BINARY: join(folder(helm), "helm") }, name);
  const text = await readFile(file, "utf8");
  const config = previewStackConfig(text, {
    operatorManifest: join(folder(operatorManifest), "cnpg.json"),
    devicePluginChart: join(folder(devicePluginChart), "nvidia-device-plugin"),
  });
  const placeholders = await placeholderSecrets(own, readStackFile(text).hostnames);
  await stack.configure(config, { ...(await makeSaasCredentials(own)), ...placeholders });
  return stack;
}

import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { images } from "../../components/core/versions.ts";
import { outputsSchema, parseOutputs } from "../../components/outputs.ts";
import type { Artefact } from "../../tools/artefacts/artefact.ts";
import { keepForLab } from "../../tools/artefacts/prune.ts";
import { ensureEngine } from "../../tools/docker/engine/engine.ts";
import { raiseLimits } from "../../tools/docker/engine/limits.ts";
import { imageOf } from "../../tools/docker/images/build.ts";
import { helm } from "../../tools/helm/artefact.ts";
import { publishImage } from "../images/publish.ts";
import { ensureRegistry, mirrorsOf } from "../images/registry.ts";
import { type PublishedImage, registryImage } from "../images/services.ts";
import { devicePluginChart, operatorManifest } from "../images/upstream.ts";
import { programsArtefact } from "../k3s/images.ts";
import { files, type Lab } from "../lab.ts";
import { prepareMachines } from "../machines/docker.ts";
import { machineImage } from "../machines/image.ts";
import { pulumiCli } from "../pulumi/cli/artefact.ts";
import { endLeftCli } from "../pulumi/locks.ts";
import { makeSaasCredentials, saasCredentialsFile } from "../saas/credentials.ts";
import { fakesnow } from "../saas/snowflake/artefact.ts";
import { type OpenedStack, rememberTools } from "../stack/open.ts";
import { Stack } from "../stack/stack.ts";
import { labStackConfig } from "../stack/stackConfig.ts";
import { readStackFile, type StackFile } from "../stack/stackFile.ts";
import { claimNetwork } from "../state/claim.ts";
import { markFolder } from "../state/folder.ts";
import { labKeys } from "../state/keys.ts";
import { backupKeys, vendorCredentials } from "../state/vendorCredentials.ts";
import { render } from "../status/render.ts";
import type { Progress } from "../terminal/progress.ts";
import { artefactsFor, imagesFor, publishedImages, startObtainingAll } from "./artefacts.ts";
import { checkPorts, othersAddresses } from "./preflight/ports.ts";
import { checkPrograms } from "./preflight/programs.ts";
import { checkSettingsFile } from "./preflight/settings.ts";
import { checkSpaceForHosts, checkSpaceToBuild } from "./preflight/space.ts";
import { ensureServers, k3sUrl, lambdaApiUrl, saasUrl, snowflakeUrl, speed } from "./services.ts";
import { settled, update } from "./update.ts";

/**
 * Everything that the program needs before `pulumi up`.
 *
 * @param hosts whether hosts will be started: they need higher limits of the kernel than this machine may have
 */
export async function prepare(
  lab: Lab,
  hosts: boolean,
  progress: Progress,
  signal?: AbortSignal,
): Promise<OpenedStack> {
  await Promise.all([checkSettingsFile(lab.configFile), checkPrograms()]);
  await markFolder(lab);
  await mkdir(lab.cache, { recursive: true });
  await checkSpaceToBuild(lab.folder, lab.cache);
  if (hosts) await checkSpaceForHosts(lab.cache);
  const text = await readFile(lab.configFile, "utf8");
  const file = readStackFile(text);
  const served = imagesFor(file);
  const artefacts = artefactsFor(served);
  // The lab's services start without it.
  const atOnce = artefacts.filter((artefact) => artefact !== helm);
  const { builds, folder } = await progress.phase("Toolchain and images", async () => {
    await progress.step("Docker engine", async (note) => {
      await ensureEngine(lab.folder, note);
      if (hosts) await raiseLimits();
    });
    const started = await startObtainingAll(lab, artefacts, progress, signal);
    // The build's own error is more precise than that of a waiting step.
    const ready = await started.ready(atOnce).catch(async (error) => {
      await started.all();
      throw error;
    });
    return { builds: started, folder: ready };
  });
  return progress.phase("Lab", async () => {
    const { config, secrets } = await startServices(lab, text, file, served, folder, progress, signal).catch(
      async (error) => {
        await builds.stop(error);
        throw error;
      },
    );
    const { toolchain, folder: of } = await builds.all();
    const helmBinary = join(of(helm), "helm");
    const cli = toolchain.mode === "stand-in" ? of(pulumiCli) : undefined;
    const programs = [helm, programsArtefact, fakesnow].map(of);
    keepForLab(lab.cache, lab.folder, cli === undefined ? programs : [cli, ...programs]);
    rememberTools(lab, { helm: of(helm), ...(cli !== undefined && { cli }) });
    const stack = new Stack(toolchain, lab, { HELM_BINARY: helmBinary });
    await progress.step("stack configuration", () => stack.configure(config, secrets));
    return { stack, helm: helmBinary };
  });
}

/** Starts the services that the program's settings refer to: network, image registry, emulators. */
async function startServices(
  lab: Lab,
  text: string,
  file: StackFile,
  served: readonly PublishedImage[],
  folder: (artefact: Artefact) => string,
  progress: Progress,
  signal?: AbortSignal,
) {
  const prefix = await claimNetwork(lab, await othersAddresses(lab));
  await checkPorts(lab, prefix, file.hosts);
  const machine = await imageOf(folder(machineImage));
  const network = await prepareMachines(lab, machine);
  const { registry, digests } = await progress.step("image registry", async (note) => {
    const started = await ensureRegistry(lab, network, await imageOf(folder(registryImage)));
    const published = new Map<string, string>();
    for (const { artefact, reference } of served) {
      signal?.throwIfAborted();
      note(reference);
      published.set(reference, await publishImage(started, await imageOf(folder(artefact)), reference, note));
    }
    return { registry: started, digests: published };
  });
  const keys = await labKeys(lab, file.hostnames, []);
  const programs = {
    k3s: join(folder(programsArtefact), "k3s"),
    machine,
    fakesnow: folder(fakesnow),
    credentials: await saasCredentialsFile(lab),
    administrator: file.administrator,
  };
  const { k3s } = programs;
  await progress.step("emulated Lambda Cloud and vendors", () =>
    ensureServers(lab, network, prefix, programs, signal),
  );
  const pinned = (reference: string) => `${reference}@${digests.get(reference)}`;
  const config = labStackConfig(text, {
    lambdaApiUrl: lambdaApiUrl(network),
    speed,
    sshPublicKey: keys.sshPublicKey,
    processor: process.arch,
    k3sRelease: { url: k3sUrl(network), sha256: await sha256(k3s) },
    mirrors: mirrorsOf(
      publishedImages.map(({ reference }) => reference),
      registry.url,
    ),
    mcpImage: pinned(images.mcpServers),
    pipelineImage: pinned(images.pipeline),
    monitoringImage: pinned(images.monitoring),
    exporterImage: pinned(images.dcgmExporter),
    saasUrl: saasUrl(network),
    snowflakeUrl: snowflakeUrl(network),
    operatorManifest: join(folder(operatorManifest), "cnpg.json"),
    devicePluginChart: join(folder(devicePluginChart), "nvidia-device-plugin"),
  });
  const { lambdaApiKey, sshPrivateKey, tlsCertificate, tlsKey } = keys;
  const credentials = await vendorCredentials(lab, file.mcpServers);
  const backups = file.backup ? await backupKeys(lab) : {};
  const vendors = await makeSaasCredentials(lab);
  return {
    config,
    secrets: { ...credentials, ...backups, ...vendors, lambdaApiKey, sshPrivateKey, tlsCertificate, tlsKey },
  };
}

/**
 * `make up`: starts the platform, or continues from any intermediate state.
 *
 * @param refresh compare the state with what exists first, so that a lost host is replaced; takes longer
 */
export async function up(lab: Lab, refresh: boolean, progress: Progress, signal: AbortSignal): Promise<void> {
  await endLeftCli(join(files(lab).backend, "state"));
  const { stack, helm: helmBinary } = await prepare(lab, true, progress, signal);
  await progress.phase("pulumi up", () => update(lab, stack, refresh, progress, signal));
  const outputs = await stack.outputs();
  const known = parseOutputs(stack.name, outputsSchema.pick({ kubeconfig: true, knownHosts: true }), outputs);
  await writeFile(files(lab).kubeconfig, known.kubeconfig, { mode: 0o600 });
  await writeFile(files(lab).knownHosts, `${known.knownHosts.join("\n")}\n`);
  const read = { name: stack.name, outputs: async () => outputs };
  const report = await progress.phase("Health", () =>
    progress.step("all parts are healthy", (note) =>
      settled({ lab, stack: read, helm: helmBinary }, signal, note),
    ),
  );
  process.stdout.write(`${render(report, Date.now())}\n`);
}

const sha256 = async (file: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(file))
    .digest("hex");

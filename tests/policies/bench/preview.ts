import { randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labOf } from "../../../lab/lab.ts";
import { pulumiCli } from "../../../lab/pulumi/cli/artefact.ts";
import { pulumiEnvironment, toolchainIn } from "../../../lab/pulumi/toolchain.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import { run } from "../../../tools/exec.ts";
import { helm } from "../../../tools/helm/artefact.ts";
import { repository } from "../../../tools/repository.ts";

const program = join(import.meta.dirname, "programs/many");
/** This project's rules, with settings and exceptions for a program that is not ours. */
const pack = join(repository, "tests/plugins/programs/strict");
/** Previews of each kind; they take turns, so that what else the machine does hits both alike. */
const rounds = 7;

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** How long previews of 300 resources take with the policies and without. */
export async function benchPreview(): Promise<string> {
  const cache = labOf().cache;
  const folders = await obtain([pulumiCli, helm], { cache });
  const folder = await mkdtemp(join(tmpdir(), "sophia-preview-"));
  try {
    const tools = await toolchainIn(cache, folders.get(pulumiCli.name) ?? "");
    const passphraseFile = join(folder, "passphrase");
    await writeFile(passphraseFile, randomBytes(24).toString("hex"), { mode: 0o600 });
    await mkdir(join(folder, "state"));
    await writeFile(join(folder, "exceptions.json"), "[]");
    const env = {
      ...pulumiEnvironment(tools, { state: join(folder, "state"), passphraseFile }),
      HELM_BINARY: join(folders.get(helm.name) ?? "", "helm"),
      TEST_EXCEPTIONS: join(folder, "exceptions.json"),
    };
    const pulumi = (cwd: string, ...args: string[]) => run(tools.binary, args, { cwd, env });
    // The settings file of a new stack is written beside the project's: not into the checkout.
    const aside = join(folder, "project");
    await mkdir(aside);
    await copyFile(join(program, "Pulumi.yaml"), join(aside, "Pulumi.yaml"));
    await pulumi(aside, "stack", "init", "bench", "--non-interactive");
    const options = [
      "--stack",
      "bench",
      "--config-file",
      join(aside, "Pulumi.bench.yaml"),
      "--non-interactive",
    ];
    const seconds = async (...more: string[]) => {
      const start = performance.now();
      const { stdout } = await pulumi(program, "preview", ...options, ...more);
      if (!/\+ 300 to create/.test(stdout)) throw new Error(`not 300 resources:\n${stdout.slice(-500)}`);
      return (performance.now() - start) / 1000;
    };
    await seconds("--policy-pack", pack);
    const without: number[] = [];
    const judged: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      without.push(await seconds());
      judged.push(await seconds("--policy-pack", pack));
    }
    const [bare, full] = [median(without), median(judged)];
    const [quick, quickFull] = [Math.min(...without), Math.min(...judged)];
    const row = (values: number[]) => values.map((each) => each.toFixed(1)).join(", ");
    return [
      `without policies: ${bare.toFixed(1)} s (${row(without)})`,
      `with policies:    ${full.toFixed(1)} s (${row(judged)})`,
      `added:            ${(full - bare).toFixed(1)} s, a factor of ${(full / bare).toFixed(2)}; medians of ${rounds} in turns`,
      `of the fastest:   ${(quickFull - quick).toFixed(1)} s, a factor of ${(quickFull / quick).toFixed(2)}`,
    ].join("\n");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

import { readFile, stat, writeFile } from "node:fs/promises";
import { notYet, waitFor } from "../../components/core/wait.ts";
import { policyPack } from "../../tools/repository.ts";
import { files, type Lab } from "../lab.ts";
import type { Stack } from "../stack/stack.ts";
import { collect, type Sources } from "../status/collect.ts";
import { problems, type Report } from "../status/report.ts";
import type { Progress } from "../terminal/progress.ts";
import { whileSpaceLasts } from "./preflight/space.ts";

/** Lines of the CLI with a resource's result, as opposed to its progress. */
const finished = / (created|updated|replaced|deleted|\*\*.*failed\*\*)/;

/** `152 created, 3 updated`: the counts at the end of the CLI's output. Pure. */
export function countsIn(stdout: string): string {
  const block = /^Resources:\n((?: .*\n?)+)/m.exec(stdout)?.[1] ?? "";
  return block
    .split("\n")
    .map((line) => line.replace(/^[\s+~-]+/, ""))
    .filter((line) => /^\d+ (created|updated|replaced|deleted|unchanged|errored)$/.test(line))
    .join(", ");
}

/** Failures to create machines, from the emulated Lambda Cloud's log; its API does not report them. Pure. */
export function troubleIn(log: string): string[] {
  const said = log
    .split("\n")
    .flatMap((line) => /\bmachine \S+ (its machine could not .+)$/.exec(line)?.[1] ?? []);
  return [...new Set(said)];
}

/** Diagnostics and policy violations in the CLI's output. Pure. */
export function faultsIn(stdout: string): string {
  const blocks = stdout.split(/^(?=[A-Z]\w*:$)/m);
  return blocks
    .filter((block) => /^(?:Diagnostics|Policies):/.test(block))
    .map((block) => block.trim())
    .join("\n");
}

/**
 * Runs `pulumi up` with the policy pack. Shows one line per changed resource and writes the whole output to the log.
 *
 * @throws with the diagnostics and the policy violations
 */
export async function update(
  lab: Lab,
  stack: Stack,
  refresh: boolean,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const log: string[] = [];
  const title = "resources";
  const show = (line: string) => {
    log.push(line);
    // Lines of the plan begin with one space and a sign; the others are details.
    if (!/^ \S/.test(line)) return;
    if (finished.test(line)) progress.say(line.trimEnd());
    else progress.note(title, line.trim());
  };
  const { cloudLog } = files(lab);
  const before = await stat(cloudLog).then(
    ({ size }) => size,
    () => 0,
  );
  progress.begin(title);
  const args = [
    "up",
    "--yes",
    "--skip-preview",
    "--parallel",
    "64",
    "--color",
    "never",
    "--policy-pack",
    policyPack,
  ];
  if (refresh) args.push("--refresh");
  const { code, stdout } = await whileSpaceLasts(lab.folder, signal, (either) =>
    stack.pulumi(args, { onLine: show, signal: either, allowFailure: true }),
  )
    // Also after an interrupt.
    .finally(() => writeFile(files(lab).upLog, `${log.join("\n")}\n`));
  progress.end(title, code === 0 ? "✔" : "✘", countsIn(stdout));
  if (code !== 0) {
    const faults = faultsIn(stdout) || stdout.trim();
    const log = await readFile(cloudLog).catch(() => Buffer.alloc(0));
    const trouble = troubleIn(log.subarray(before).toString()).map(
      (line) => `\nThe emulated Lambda Cloud: ${line}`,
    );
    throw new Error(
      `pulumi up failed; the whole log is in ${files(lab).upLog}\n${faults}${trouble.join("")}`,
    );
  }
}

/** Waits until the report is healthy: changes may still be rolling out when the update ends. */
export function settled(
  sources: Sources,
  signal: AbortSignal,
  note: (line: string) => void,
): Promise<Report> {
  return waitFor({ what: "all parts to be healthy", deadline: 300, interval: 1, signal }, async () => {
    const report = await collect(sources);
    if (report.healthy) return report;
    const wrong = problems(report).join("; ");
    note(wrong);
    return notYet(wrong);
  });
}

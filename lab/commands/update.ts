import { readFile, stat, writeFile } from "node:fs/promises";
import { notYet, waitFor } from "../../components/core/wait.ts";
import { files, type Lab, policyPack } from "../lab.ts";
import type { Progress } from "../progress.ts";
import { collect, type Sources } from "../status/collect.ts";
import { problems, type Report } from "../status/report.ts";
import type { Stack } from "./stack.ts";

/** Lines of the CLI that say what became of a resource, not that it is still being worked on. */
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

/** What the emulated Lambda Cloud's log says of machines that it could not make; its API has no words for it. Pure. */
export function troubleIn(log: string): string[] {
  const said = log
    .split("\n")
    .flatMap((line) => /\bmachine \S+ (its machine could not .+)$/.exec(line)?.[1] ?? []);
  return [...new Set(said)];
}

/** What the CLI's output says is wrong: its diagnostics, and what the policies refuse. Pure. */
export function faultsIn(stdout: string): string {
  const blocks = stdout.split(/^(?=[A-Z]\w*:$)/m);
  return blocks
    .filter((block) => /^(?:Diagnostics|Policies):/.test(block))
    .map((block) => block.trim())
    .join("\n");
}

/**
 * Runs `pulumi up`, judged by the policy pack: one line for each resource that changed, all of it in the log.
 *
 * @throws with the diagnostics, and with what the policies refused
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
    // Lines of the plan begin with one blank and a sign; the rest is detail.
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
  const { code, stdout } = await stack
    .pulumi(args, { onLine: show, signal, allowFailure: true })
    // Also what an interrupted one said.
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

/** Waits until all is well, as what was just changed may still be on its way, and says how it is then. */
export function settled(
  sources: Sources,
  signal: AbortSignal,
  note: (line: string) => void,
): Promise<Report> {
  return waitFor({ what: "all parts to be healthy", deadline: 180, interval: 1, signal }, async () => {
    const report = await collect(sources);
    if (report.healthy) return report;
    const wrong = problems(report).join("; ");
    note(wrong);
    return notYet(wrong);
  });
}

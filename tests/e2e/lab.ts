import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { KubeConfig } from "@kubernetes/client-node";
import type { TestContext } from "vitest";
import { parse, stringify } from "yaml";
import { notYet, waitFor } from "../../components/core/wait.ts";
import { files, type Lab } from "../../lab/lab.ts";
import { markFolder } from "../../lab/state/folder.ts";
import { problems, type Report } from "../../lab/status/report.ts";
import { run } from "../../tools/exec.ts";
import { repository } from "../../tools/repository.ts";
import { testLab } from "../support/run/testLab.ts";

/** The lab that the tests have for themselves: `tests/run.ts` names it. */
export const lab: Lab = testLab(process.env, "test-e2e");
// Before the tests lay something into it.
await markFolder(lab);
const environment = { LAB: lab.name, LAB_ROOT: join(lab.folder, ".."), LAB_CACHE: lab.cache };

export const minutes = 60_000;

type Settings = Record<string, Record<string, unknown> & unknown[]>;
let configFile = join(repository, "Pulumi.local.yaml");

/** Gives the lab a stack file of its own, from the committed one. */
export function change(edit: (config: Settings) => void): void {
  const text = parse(readFileSync(join(repository, "Pulumi.local.yaml"), "utf8")) as { config: Settings };
  const short = Object.fromEntries(
    Object.entries(text.config).map(([key, value]) => [key.replace("sophia-infra:", ""), value]),
  );
  edit(short);
  configFile = join(lab.folder, "changed.yaml");
  const config = Object.fromEntries(
    Object.entries(short).map(([key, value]) => [`sophia-infra:${key}`, value]),
  );
  writeFileSync(configFile, stringify({ config }));
}

const show = (said: string) => {
  if (process.env.E2E_VERBOSE) process.stderr.write(`    ${said}\n`);
};

/** Runs a command of the lab as `make` does. */
export const command = (...args: string[]) =>
  run(process.execPath, [join(repository, "lab/cli.ts"), ...args], {
    cwd: repository,
    env: { ...environment, LAB_CONFIG: configFile },
    allowFailure: true,
    onLine: show,
  });

export interface Interrupted {
  code: number;
  said: string;
}

/**
 * Runs a command at which Ctrl-C is pressed.
 *
 * @param lines at which it is pressed, one after the other; none where a program of the command does it
 * @param env in addition to the lab's
 */
export async function interrupted(
  lines: RegExp[],
  args: string[],
  env: Record<string, string> = {},
): Promise<Interrupted> {
  // As a terminal does it: the command has a process group of its own, and all that is in there hears of it.
  const child = spawn(process.execPath, [join(repository, "lab/cli.ts"), ...args], {
    cwd: repository,
    env: { ...process.env, ...environment, LAB_CONFIG: configFile, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const { pid = 0 } = child;
  const waiting = [...lines];
  let said = "";
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on("line", (line) => {
      show(line);
      said += `${line}\n`;
      if (!waiting[0]?.test(line)) return;
      waiting.shift();
      process.kill(-pid, "SIGINT");
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  if (waiting.length > 0) throw new Error(`it ended before it said ${waiting[0]}:\n${said.slice(-4000)}`);
  return { code: code ?? 128, said };
}

/** What an update did: names of resources by what happened to them. */
export interface Update {
  code: number;
  said: string;
  changed: string[];
}

/** `make up`, and the resources that it touched, as `verb name`. */
export async function up(...options: "--refresh"[]): Promise<Update> {
  rmSync(files(lab).upLog, { force: true });
  const { code, stdout, stderr } = await command("up", ...options);
  // Where bad settings were refused beforehand, there was no update.
  const log = existsSync(files(lab).upLog) ? readFileSync(files(lab).upLog, "utf8") : "";
  const changed = [
    ...log.matchAll(/^ (?:\+|~|-|\+-|\+\+|--) +(\S+) (\S+) (created|updated|deleted|replaced)/gm),
  ]
    .filter(([, type]) => !type?.startsWith("pulumi:pulumi:") && !type?.startsWith("sophia:"))
    .map(([, , name, verb]) => `${verb} ${name}`)
    .sort();
  // Why it failed comes last, where an assertion shows it.
  return { code, said: `${log}\n${stdout}\n${stderr}`, changed };
}

export async function status(): Promise<{ code: number; report: Report }> {
  const { code, stdout } = await command("status", "--json");
  return { code, report: JSON.parse(stdout) as Report };
}

/** The first status in which every part is healthy: on a busy machine one misses a check now and then, and passes the next. */
export const healthyStatus = () =>
  waitFor({ what: "every part of the lab to be healthy", deadline: 240, interval: 2 }, async () => {
    const found = await status();
    return found.report.healthy ? found : notYet(problems(found.report).join("; "));
  });

export type Context = Pick<TestContext, "task">;

/** Whether a test is tried once more, and finds what the attempt before left. */
export const triedBefore = ({ task }: Context): boolean => (task.result?.retryCount ?? 0) > 0;

/**
 * For a test that is tried once more: the committed settings, applied, whatever the first attempt left. What a test changes is
 * a change again then.
 */
export async function wholeAgain(context: Context): Promise<void> {
  if (!triedBefore(context)) return;
  change(() => undefined);
  const { code, said } = await up();
  if (code !== 0) throw new Error(`the lab is not well after the first attempt: ${said.slice(-3000)}`);
}

/** A client configuration for the lab's cluster. */
export function kubeconfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(files(lab).kubeconfig);
  return config;
}

import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { obtain } from "../../lab/artefacts/obtain.ts";
import { type RunOptions, type RunResult, run } from "../../lab/exec.ts";
import { helm } from "../../lab/helm/artefact.ts";
import { labOf } from "../../lab/lab.ts";
import type { Plan } from "../comment/plan.ts";
import { planOutcome } from "../comment/write.ts";

/** A checkout of the program, and the stack that it is run for. */
export interface Program {
  /** Folder of the checkout. */
  folder: string;
  /** `dev`, `prod`. */
  stack: string;
  /** The stack as the backend knows it: with its organisation, where there is one. */
  qualified: string;
  /** The CLI, of the version that this checkout names. */
  binary: string;
  environment: Record<string, string | undefined>;
  /** Further arguments of commands that read the stack's configuration, e.g. `--config-file`. */
  configuration: string[];
  /** Whether what an update says goes on to the terminal. */
  shown: boolean;
}

/**
 * The program in a checkout. `PULUMI_ORGANIZATION` names the organisation at Pulumi Cloud, `PULUMI_BINARY` another CLI
 * than the checkout's own, `PULUMI_CONFIG_FILE` another stack file than `Pulumi.<stack>.yaml`.
 */
export function programIn(
  folder: string,
  stack: string,
  environment: Record<string, string | undefined> = process.env,
): Program {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(stack)) throw new Error(`"${stack}" names no stack`);
  const organization = environment.PULUMI_ORGANIZATION;
  const bin = join(folder, "node_modules", ".bin");
  return {
    folder,
    stack,
    qualified: organization ? `${organization}/${stack}` : stack,
    binary: environment.PULUMI_BINARY || join(bin, "pulumi"),
    environment: {
      ...environment,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // The checkout's own Node runs the program, the language host finds it here.
      PATH: `${bin}:${environment.PATH ?? ""}`,
    },
    configuration: environment.PULUMI_CONFIG_FILE ? ["--config-file", environment.PULUMI_CONFIG_FILE] : [],
    shown: true,
  };
}

/** Runs the CLI on the stack. */
export function pulumi(program: Program, args: string[], options: RunOptions = {}): Promise<RunResult> {
  return run(
    program.binary,
    [...args, "--stack", program.qualified, "--non-interactive", "--color", "never"],
    {
      cwd: program.folder,
      ...options,
      env: { ...program.environment, ...options.env },
    },
  );
}

/** For what people want to watch. */
export const loudly = ({ shown }: Program): Pick<RunOptions, "onLine"> =>
  shown ? { onLine: (line) => process.stdout.write(`${line}\n`) } : {};

/** The policy pack of the program's own checkout, which reads releases with our helm. */
async function judged(program: Program): Promise<{ args: string[]; env: Record<string, string> }> {
  const args = ["--policy-pack", join(program.folder, "policies")];
  if (program.environment.LAB_HELM) return { args, env: {} };
  const folders = await obtain([helm], { cache: labOf(program.environment).cache });
  return { args, env: { LAB_HELM: join(folders.get(helm.name) ?? "", "helm") } };
}

/** What an update would do, judged by the policy pack. `refresh` compares with what is really there first. */
export async function preview(program: Program, refresh = false): Promise<Plan> {
  const log = join(tmpdir(), `sophia-events-${process.pid}-${performance.now()}.json`);
  const { args, env } = await judged(program);
  try {
    const result = await pulumi(
      program,
      ["preview", ...args, ...program.configuration, ...(refresh ? ["--refresh"] : []), "--event-log", log],
      // The option exists only with this set; Pulumi's automation API uses both.
      { env: { ...env, PULUMI_DEBUG_COMMANDS: "true" }, allowFailure: true },
    );
    return await planOutcome(log, { stack: program.stack, offline: false, ...result });
  } finally {
    await rm(log, { force: true });
  }
}

export interface UpdateOptions {
  /** What is kept of it in the stack's history. */
  message: string;
  /** Compare with what is really there first. */
  refresh?: boolean;
  /** URNs of resources to make again, whether or not they changed. */
  replace?: string[];
  /** URNs or patterns of the only resources to touch. */
  target?: string[];
}

/** Brings the stack to what the checkout says. @throws with the end of what the CLI said */
export async function update(program: Program, options: UpdateOptions): Promise<void> {
  const { args, env } = await judged(program);
  const each = (flag: string, values: string[] = []) => values.flatMap((value) => [flag, value]);
  const chosen = [
    ...(options.refresh ? ["--refresh"] : []),
    ...each("--replace", options.replace),
    ...each("--target", options.target),
  ];
  const how = ["--yes", "--skip-preview", "--message", options.message];
  await pulumi(program, ["up", ...how, ...chosen, ...args, ...program.configuration], {
    ...loudly(program),
    env,
  });
}

/** The stack's outputs. Secrets stay hidden. */
export async function outputs(program: Program): Promise<Record<string, unknown>> {
  const { stdout } = await pulumi(program, ["stack", "output", "--json"]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** One output in the clear, which must not be shown. */
export async function secretOutput(program: Program, name: string): Promise<unknown> {
  const { stdout } = await pulumi(program, ["stack", "output", name, "--json", "--show-secrets"]);
  return JSON.parse(stdout) as unknown;
}

/** A resource in the stack's state. */
export interface StateResource {
  urn: string;
  type: string;
  inputs?: Record<string, unknown>;
}

/** What the stack's state holds; secrets stay encrypted. */
export async function resources(program: Program): Promise<StateResource[]> {
  const { stdout } = await pulumi(program, ["stack", "export"]);
  const { deployment } = JSON.parse(stdout) as { deployment?: { resources?: StateResource[] } };
  return deployment?.resources ?? [];
}

/** The commit that a checkout is at. */
export async function commitOf(folder: string): Promise<string> {
  return (await run("git", ["rev-parse", "HEAD"], { cwd: folder })).stdout.trim();
}

/** Whether a file is there, relative to the checkout. */
export const has = (program: Program, file: string): Promise<boolean> =>
  readFile(join(program.folder, file)).then(
    () => true,
    () => false,
  );

import { dirname, join } from "node:path";
import { obtain } from "../../tools/artefacts/obtain.ts";
import { type RunOptions, type RunResult, run } from "../../tools/exec.ts";
import { helm } from "../../tools/helm/artefact.ts";
import { pulumiCli } from "../../tools/pulumi.ts";
import { cacheFolder } from "../../tools/repository.ts";
import type { Plan } from "../comment/plan.ts";
import { planOutcome } from "../comment/write.ts";
import { instanceType } from "../resources.ts";
import { withEventLog } from "./eventLog.ts";

/** A checkout of the program, and the stack that it is run for. */
export interface Program {
  /** Folder of the checkout. */
  folder: string;
  /** `dev`, `prod`. */
  stack: string;
  /** The stack as the backend knows it: with its organization, where there is one. */
  qualified: string;
  /** Path of another CLI than that of this checkout's version. */
  binary: string | undefined;
  environment: Record<string, string | undefined>;
  /** Further arguments of commands that read the stack's configuration, e.g. `--config-file`. */
  configuration: string[];
  /** Whether an update's output is printed. */
  shown: boolean;
  /** Ends the CLI in order: operations in progress are completed and recorded. */
  signal?: AbortSignal | undefined;
}

/**
 * The program in a checkout. `PULUMI_ORGANIZATION` names the organization at Pulumi Cloud, `PULUMI_BINARY` another CLI
 * than the checkout's own, `PULUMI_CONFIG_FILE` another stack file than `Pulumi.<stack>.yaml`.
 */
export function programIn(
  folder: string,
  stack: string,
  environment: Record<string, string | undefined> = process.env,
): Program {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(stack)) throw new Error(`"${stack}" is not a stack name`);
  const organization = environment.PULUMI_ORGANIZATION;
  const bin = join(folder, "node_modules", ".bin");
  return {
    folder,
    stack,
    qualified: organization ? `${organization}/${stack}` : stack,
    binary: environment.PULUMI_BINARY || undefined,
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

/** Runs the CLI on the stack. The first call downloads it, where it is not there yet. */
export async function pulumi(program: Program, args: string[], options: RunOptions = {}): Promise<RunResult> {
  const { environment, signal } = program;
  const binary = program.binary ?? (await pulumiCli(program.folder, environment, signal));
  // Before another version's language host, which the engine would prefer to its own.
  const PATH = program.binary ? environment.PATH : `${dirname(binary)}:${environment.PATH ?? ""}`;
  return run(binary, [...args, "--stack", program.qualified, "--non-interactive", "--color", "never"], {
    cwd: program.folder,
    signal,
    // Ctrl-C reaches it by the signal, and only once.
    shielded: signal !== undefined,
    ...options,
    env: { ...environment, PATH, ...options.env },
  });
}

/** Options that print the output while a command runs. */
export const printed = ({ shown }: Program): Pick<RunOptions, "onLine"> =>
  shown ? { onLine: (line) => process.stdout.write(`${line}\n`) } : {};

/** Arguments for the policy pack of the program's checkout, which renders releases with our helm. */
async function withPolicies(program: Program): Promise<{ args: string[]; env: Record<string, string> }> {
  const args = ["--policy-pack", join(program.folder, "policies")];
  if (program.environment.HELM_BINARY) return { args, env: {} };
  const folders = await obtain([helm], { cache: cacheFolder(program.environment) });
  return { args, env: { HELM_BINARY: join(folders.get(helm.name) ?? "", "helm") } };
}

/** What a preview and the update after it are told alike. */
interface Chosen {
  /** Read the actual resources first. */
  refresh?: boolean;
  /** URNs of resources to replace, whether or not they changed. Everything else that changed is updated, too. */
  replace?: string[];
  /** URNs or patterns of the only resources to update. */
  target?: string[];
}

function argumentsOf({ refresh, replace = [], target = [] }: Chosen): string[] {
  return [
    ...(refresh ? ["--refresh"] : []),
    ...replace.flatMap((urn) => ["--replace", urn]),
    ...target.flatMap((urn) => ["--target", urn]),
  ];
}

export interface PreviewOptions extends Chosen {
  /** Resources that are so new that they hold no data yet, see `createdBy`. */
  created?: ReadonlySet<string> | undefined;
}

/** The changes of an update, with the policies' verdicts. */
export async function preview(program: Program, { created, ...chosen }: PreviewOptions = {}): Promise<Plan> {
  const { args, env } = await withPolicies(program);
  return withEventLog(async (log) => {
    const result = await pulumi(
      program,
      ["preview", ...args, ...program.configuration, ...argumentsOf(chosen), "--event-log", log],
      // The option exists only with this set; Pulumi's automation API uses both.
      { env: { ...env, PULUMI_DEBUG_COMMANDS: "true" }, allowFailure: true },
    );
    return planOutcome(log, { stack: program.stack, offline: false, created, ...result });
  });
}

export interface UpdateOptions extends Chosen {
  /** Message in the stack's history. */
  message: string;
  /** Seconds after which the update is ended in order. Default: `updateLimits`, by whether the stack has hosts. */
  deadline?: number | undefined;
}

/**
 * Seconds that an update may take: of a stack with hosts, of one that has none yet, and a roll-back's of either. That one
 * shares the time of its step with the packages of the earlier commit, its plan and the verification.
 */
export const updateLimits = { running: 3600, first: 4 * 3600, rollback: 2700 } as const;

/**
 * Updates the stack to the checkout. It previews first: the policies that judge the stack as a whole are asked at the end
 * of a preview or update only, and must refuse before anything is changed.
 *
 * @throws with the end of the CLI's output; also when the deadline passes, after Pulumi has recorded what it had begun
 */
export async function update(program: Program, options: UpdateOptions): Promise<void> {
  const deadline = options.deadline ?? (await limitOf(program));
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new Error(`the update of stack ${program.stack} had not ended after ${deadline} s`));
  }, deadline * 1000);
  const signal = AbortSignal.any([late.signal, ...(program.signal ? [program.signal] : [])]);
  try {
    await up({ ...program, signal }, options);
  } finally {
    clearTimeout(timer);
  }
}

async function limitOf(program: Program): Promise<number> {
  const hosts = (await resources(program)).some(({ type }) => type === instanceType);
  return updateLimits[hosts ? "running" : "first"];
}

async function up(program: Program, options: UpdateOptions): Promise<void> {
  const { args, env } = await withPolicies(program);
  const how = ["--yes", "--message", options.message, ...argumentsOf(options)];
  await pulumi(program, ["up", ...how, ...args, ...program.configuration], {
    ...printed(program),
    env,
  });
}

/** The stack's outputs, without secret values. */
export async function outputs(program: Program): Promise<Record<string, unknown>> {
  const { stdout } = await pulumi(program, ["stack", "output", "--json"]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** The plaintext of one output. It must not be printed. */
export async function secretOutput(program: Program, name: string): Promise<unknown> {
  const { stdout } = await pulumi(program, ["stack", "output", name, "--json", "--show-secrets"]);
  return JSON.parse(stdout) as unknown;
}

/** A resource in the stack's state. */
export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  /** Destroying the stack leaves it. */
  retainOnDelete?: boolean;
}

/** The resources in the stack's state; secrets stay encrypted. */
export async function resources(program: Program): Promise<StateResource[]> {
  const { stdout } = await pulumi(program, ["stack", "export"]);
  const { deployment } = JSON.parse(stdout) as { deployment?: { resources?: StateResource[] } };
  return deployment?.resources ?? [];
}

/** The commit of a checkout. */
export async function commitOf(folder: string): Promise<string> {
  return (await run("git", ["rev-parse", "HEAD"], { cwd: folder })).stdout.trim();
}

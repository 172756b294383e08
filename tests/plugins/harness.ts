import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { pulumiCli } from "../../lab/pulumi/cli/artefact.ts";
import { type StackKey, stackKey } from "../../lab/pulumi/passphrase.ts";
import { pulumiEnvironment, type Toolchain, toolchainIn } from "../../lab/pulumi/toolchain.ts";
import { obtain } from "../../tools/artefacts/obtain.ts";
import { cacheFolder } from "../../tools/repository.ts";
import { type Diagnostic, type EngineEvent, parseEvents, type Step } from "./events.ts";
import { asPlaintext, createStack, type Deployment, openSecrets, readDeployment } from "./stateFile.ts";

/** What a call of the CLI gave. */
interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** What an operation on the stack gave. */
export interface OperationResult extends CliResult {
  events: EngineEvent[];
  /** Steps that change something, in the order in which they began; `same` and `read` are left out. */
  steps: Step[];
  /** Messages for the user: errors, warnings, the program's output. */
  diagnostics: Diagnostic[];
}

export interface OperationOptions {
  /** Plain configuration, set before the operation and kept: `name` means `<project>:name`. */
  config?: Record<string, unknown>;
  /** Encrypted configuration, set before the operation and kept. */
  secrets?: Record<string, string>;
  env?: Record<string, string>;
  /** Folders of policy packs. */
  policyPacks?: string[];
  /** Further arguments of the CLI. */
  args?: string[];
  /** When it resolves, the CLI gets that signal: SIGINT as from Ctrl-C, SIGKILL as from a crash. */
  interrupt?: Promise<NodeJS.Signals>;
}

export interface ProgramOptions {
  /** Folder with Pulumi.yaml. */
  program: string;
  /** Of the stack. Default: one that no other test has. */
  name?: string;
  config?: Record<string, unknown>;
  /** Configuration kept encrypted: `name` means `<project>:name`. */
  secrets?: Record<string, string>;
  env?: Record<string, string>;
  /** Folder of the file backend. Default: in the scratch folder. */
  state?: string;
}

export interface Program {
  up(options?: OperationOptions): Promise<OperationResult>;
  preview(options?: OperationOptions): Promise<OperationResult>;
  refresh(options?: OperationOptions): Promise<OperationResult>;
  destroy(options?: OperationOptions): Promise<OperationResult>;
  /** The stack's state as it is stored, secrets encrypted, or decrypted if asked. */
  export(options?: { showSecrets?: boolean }): Promise<Deployment>;
  /** Stack outputs, secrets decrypted. */
  outputs(): Promise<Record<string, unknown>>;
  /** Any other command of the CLI, on this stack. */
  cli(args: string[], options?: { stdin?: string; allowFailure?: boolean }): Promise<CliResult>;
  /** Scratch folder of this run, removed after the test. */
  dir: string;
  /** Folder of the file backend. */
  state: string;
}

const cache = cacheFolder();
let assembled: Promise<Toolchain> | undefined;

/** The toolchain that the lab uses; built on first use, then taken from the cache. */
export function toolchain(): Promise<Toolchain> {
  assembled ??= obtain([pulumiCli], { cache }).then((folders) =>
    toolchainIn(cache, folders.get(pulumiCli.name) ?? ""),
  );
  return assembled;
}

interface CliCall {
  binary: string;
  args: string[];
  env: Record<string, string | undefined>;
  stdin: string;
  interrupt?: Promise<NodeJS.Signals>;
}

/** Runs the CLI to its end, whatever its exit code. */
function callCli(given: CliCall): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(given.binary, given.args, { env: given.env });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        said[name] += text;
      });
    }
    child.stdin.end(given.stdin);
    void given.interrupt?.then((signal) => child.kill(signal));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 128, ...said }));
  });
}

/** Something to interrupt an operation with. */
export function interruptible() {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  return { promise, now: (signal: NodeJS.Signals = "SIGINT") => resolve(signal) };
}

let derived: Promise<{ passphrase: string; key: StackKey }> | undefined;

/** One passphrase for all stacks of a test file: deriving a key from it takes as long as a whole test of the program. */
function testKey() {
  const passphrase = randomBytes(24).toString("hex");
  derived ??= stackKey(passphrase).then((key) => ({ passphrase, key }));
  return derived;
}

/** Creates a separate stack for a program, for operations by the real CLI. It is removed when the test ends. */
export async function runProgram(options: ProgramOptions): Promise<Program> {
  const tools = await toolchain();
  const dir = await mkdtemp(join(tmpdir(), "sophia-program-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const state = options.state ?? join(dir, "state");
  const passphraseFile = join(dir, "passphrase");
  const { passphrase, key } = await testKey();
  await writeFile(passphraseFile, passphrase, { mode: 0o600 });
  const name = options.name ?? `test-${randomBytes(6).toString("hex")}`;
  const configFile = join(dir, "Pulumi.test.yaml");
  const project = String(parse(await readFile(join(options.program, "Pulumi.yaml"), "utf8")).name);
  const location = { state, project, name };
  const environment = { ...pulumiEnvironment(tools, { state, passphraseFile }), ...options.env };

  const call = (args: string[], extra: Partial<CliCall> = {}) =>
    callCli({
      stdin: "",
      ...extra,
      binary: tools.binary,
      args: [...args, "--cwd", options.program, "--non-interactive", "--color", "never"],
      env: { ...process.env, ...environment, ...extra.env },
    });
  const must = async (args: string[], stdin?: string) => {
    const result = await call(args, stdin === undefined ? {} : { stdin });
    if (result.code !== 0)
      throw new Error(`pulumi ${args.join(" ")} ended with ${result.code}:\n${result.stderr}`);
    return result;
  };
  const stack = ["--stack", name, "--config-file", configFile];
  const configure = async ({ config = {}, secrets = {} }: Pick<ProgramOptions, "config" | "secrets">) => {
    const file = parse(await readFile(configFile, "utf8"));
    const sealed = Object.entries(secrets).map(([each, value]) => [each, { secure: key.seal(value) }]);
    for (const [each, value] of [...Object.entries(config), ...sealed]) {
      const name = String(each);
      file.config[name.includes(":") ? name : `${project}:${name}`] = value;
    }
    await writeFile(configFile, stringify(file));
  };
  await createStack(location);
  await writeFile(configFile, stringify({ encryptionsalt: key.encryptionsalt, config: {} }));
  await configure(options);

  let count = 0;
  const operation = async (
    verb: string,
    flags: string[],
    given: OperationOptions = {},
  ): Promise<OperationResult> => {
    await configure(given);
    count += 1;
    const log = join(dir, `events-${count}.json`);
    const packs = (given.policyPacks ?? []).flatMap((folder) => ["--policy-pack", folder]);
    const result = await call(
      [verb, ...flags, ...stack, "--event-log", log, ...packs, ...(given.args ?? [])],
      {
        // `--event-log` exists only with this set; the automation API uses both.
        env: { PULUMI_DEBUG_COMMANDS: "true", ...given.env },
        ...(given.interrupt ? { interrupt: given.interrupt } : {}),
      },
    );
    return { ...result, ...parseEvents(await readFile(log, "utf8").catch(() => "")) };
  };
  const now = ["--yes", "--skip-preview"];
  return {
    dir,
    state,
    up: (given) => operation("up", now, given),
    preview: (given) => operation("preview", ["--diff"], given),
    refresh: (given) => operation("refresh", now, given),
    destroy: (given) => operation("destroy", now, given),
    async export(given) {
      const deployment = await readDeployment(location);
      return given?.showSecrets ? (openSecrets(deployment, key, asPlaintext) as Deployment) : deployment;
    },
    async outputs() {
      const { resources } = await readDeployment(location);
      const stack = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
      return openSecrets(stack?.outputs ?? {}, key, JSON.parse) as Record<string, unknown>;
    },
    async cli(args, given = {}) {
      const withStack = [...args, "--stack", name];
      if (!given.allowFailure) return must(withStack, given.stdin);
      return call(withStack, given.stdin === undefined ? {} : { stdin: given.stdin });
    },
  };
}

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { chmod, copyFile, link, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { digest } from "../../components/core/digest.ts";
import { causeOf } from "../../components/core/errors.ts";
import { leavingOut } from "../../tools/exec.ts";
import { pulumiCli } from "../../tools/pulumi.ts";
import { textOf } from "../../tools/textOf.ts";
import { checkout, type PluginName, pluginNames, pluginVersion, pulumiVersion } from "./versions.ts";

/** Download site of Pulumi's CLI and plugins. */
const downloadSite = "https://get.pulumi.com/";

export type ToolchainMode = "official" | "stand-in";

export interface Toolchain {
  mode: ToolchainMode;
  /** `$PULUMI_HOME`. */
  home: string;
  /** Path of the CLI. */
  binary: string;
}

/**
 * Checks once whether the official downloads are reachable. Without a successful response within the deadline the lab
 * uses its stand-ins.
 *
 * @param say is told why the stand-ins are used
 */
export async function chooseMode(
  say: (line: string) => void = () => {},
  site = downloadSite,
  deadlineSeconds = 3,
): Promise<ToolchainMode> {
  const reason = await fetch(site, {
    method: "HEAD",
    signal: AbortSignal.timeout(deadlineSeconds * 1000),
  }).then(({ ok, status }) => (ok ? undefined : `it answered ${status}`), causeOf);
  if (reason === undefined) return "official";
  say(`Pulumi's plugins are stand-ins, as ${site} cannot be used: ${reason}`);
  return "stand-in";
}

/** `$PULUMI_HOME` of this checkout: its launchers start the checkout's own code, and several checkouts may share a cache. */
export const pulumiHome = (cache: string, mode: ToolchainMode, of = checkout): string =>
  join(
    cache,
    mode === "official" ? "pulumi-official" : "pulumi-home",
    // Not as many digits as an artefact's key, or the cache's clean-up would take it for one.
    digest(of, 12),
  );

const pluginProgram = (home: string, name: PluginName) =>
  join(home, "plugins", `resource-${name}-v${pluginVersion(name)}`, `pulumi-resource-${name}`);

/**
 * The toolchain that the npm package `pulumi` and the engine download themselves, except for the plugin `snowflake`: the
 * official plugin needs results in Arrow format, which the lab's Snowflake does not provide.
 */
export async function officialToolchain(home: string): Promise<Toolchain> {
  const program = pluginProgram(home, "snowflake");
  const text = launcher("lab/pulumi/plugins/snowflake/main.ts");
  if (!existsSync(program) || readFileSync(program, "utf8") !== text) {
    mkdirSync(dirname(program), { recursive: true });
    writeFileSync(program, text, { mode: 0o755 });
  }
  return { mode: "official", home, binary: await pulumiCli(checkout, { ...process.env, PULUMI_HOME: home }) };
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const nodeFolder = join(checkout, "node_modules/.bin");

/** A shell script that starts a program of this repository with its Node 24, after modules of `lab/pulumi`. */
const launcher = (entry: string, modules = ["keepCompiled.ts"]) =>
  `#!/bin/sh\nexec ${[
    join(nodeFolder, "node"),
    ...modules.flatMap((module) => ["--import", join(checkout, "lab/pulumi", module)]),
    join(checkout, entry),
  ]
    .map(quoted)
    .join(" ")} "$@"\n`;

/** Writes by rename, and only if the content differs: other processes may be using the folder. */
async function install(path: string, text: string): Promise<void> {
  if ((await textOf(path)) === text) return;
  await replace(path, async (temporary) => {
    await writeFile(temporary, text);
    await chmod(temporary, 0o755);
  });
}

async function replace(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.${performance.now()}`;
  try {
    await make(temporary);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * The engine writes every property of every resource into a new file under `$PULUMI_HOME/logs` and has no setting to
 * disable this, which takes most of the time of an unchanged `up`. A regular file at the folder's path prevents it.
 */
async function withoutEngineLog(home: string): Promise<void> {
  const logs = join(home, "logs");
  const found = await stat(logs).catch(() => undefined);
  if (found?.isFile()) return;
  await rm(logs, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  await writeFile(logs, "");
}

/**
 * Fills `$PULUMI_HOME` as the official downloads would: CLI and language host under `versions/`, resource plugins
 * under `plugins/`. The stand-ins are launchers for the code in this repository, not copies of it.
 * @param cli Folder of the artefact `pulumi-cli`.
 */
export async function assembleToolchain(home: string, cli: string): Promise<Toolchain> {
  const bin = join(home, "versions", pulumiVersion, "bin");
  const binary = join(bin, "pulumi");
  await replace(binary, async (temporary) => {
    // A hard link: the CLI looks for the language host next to its own path, with symbolic links resolved.
    await link(join(cli, "pulumi"), temporary).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EXDEV" || error.code === "EPERM") return copyFile(join(cli, "pulumi"), temporary);
      throw error;
    });
  });
  await install(join(bin, "pulumi-language-nodejs"), launcher("lab/pulumi/language/main.ts"));
  await install(
    join(bin, "pulumi-resource-pulumi-nodejs"),
    launcher("node_modules/@pulumi/pulumi/cmd/dynamic-provider/index.js", [
      "keepCompiled.ts",
      "endWithEngine.ts",
    ]),
  );
  await withoutEngineLog(home);
  for (const name of pluginNames) {
    await install(pluginProgram(home, name), launcher(`lab/pulumi/plugins/${name}/main.ts`));
  }
  return { mode: "stand-in", home, binary };
}

/**
 * This checkout's toolchain in a cache.
 * @param cli Folder of the artefact `pulumi-cli`; without it the official toolchain.
 */
export const toolchainIn = async (cache: string, cli?: string): Promise<Toolchain> =>
  cli === undefined
    ? officialToolchain(pulumiHome(cache, "official"))
    : assembleToolchain(pulumiHome(cache, "stand-in"), cli);

/** Location of a stack's state and passphrase. */
export interface StackHome {
  /** Folder of the file backend. */
  state: string;
  /** File with the passphrase that encrypts the stack's secrets; mode 0600. */
  passphraseFile: string;
}

/**
 * URL of the file backend in a folder, also to recognise its processes by their environment. `metadata=skip` disables
 * the `.attrs` file with checksums for each file, which takes a fifth of the engine's time and is not needed.
 */
export const backendUrl = (state: string): string => `file://${state}?metadata=skip`;

/**
 * Environment for every call of the CLI, to be laid over this process's own: it contains paths of files, no secrets. What
 * this process inherited for Pulumi is for other stacks, and is `undefined`: left out. An exported
 * `PULUMI_CONFIG_PASSPHRASE`, even an empty one, would come before the lab's file.
 */
export function pulumiEnvironment(
  toolchain: Toolchain,
  stack: StackHome,
): Record<string, string | undefined> {
  return {
    ...leavingOut("PULUMI_"),
    PULUMI_HOME: toolchain.home,
    PULUMI_BACKEND_URL: backendUrl(stack.state),
    PULUMI_CONFIG_PASSPHRASE_FILE: stack.passphraseFile,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
    ...(toolchain.mode === "stand-in" ? { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" } : {}),
    // The complete state is written twice for each resource, by rename; a backup doubles that work.
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
    // Each write allocates much short-lived memory; fewer collections save more time than the memory is worth.
    GOGC: "400",
    // Programs and plugins are Node processes, which load the same modules at each start.
    NODE_COMPILE_CACHE: join(toolchain.home, "node-compile-cache"),
    // When the SDK serialises a dynamic provider, it loads every module of Node, including experimental ones.
    NODE_OPTIONS: "--disable-warning=ExperimentalWarning",
    // The language host beside the CLI comes before another version's, which the engine would prefer.
    PATH: `${dirname(toolchain.binary)}:${nodeFolder}:${process.env.PATH ?? ""}`,
  };
}

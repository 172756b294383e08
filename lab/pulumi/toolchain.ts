import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { chmod, copyFile, link, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkout, type PluginName, pluginNames, pluginVersion, pulumiVersion } from "./versions.ts";

/** Where Pulumi's CLI and plugins are downloaded from. */
export const downloadSite = "https://get.pulumi.com/";

export type ToolchainMode = "official" | "stand-in";

export interface Toolchain {
  mode: ToolchainMode;
  /** `$PULUMI_HOME`. */
  home: string;
  /** The `pulumi` to run. */
  binary: string;
}

/**
 * Asks once whether the official downloads can be had. Anything but an answer within the deadline means no:
 * the lab then works without.
 */
export async function chooseMode(site = downloadSite, deadlineSeconds = 3): Promise<ToolchainMode> {
  try {
    const response = await fetch(site, {
      method: "HEAD",
      signal: AbortSignal.timeout(deadlineSeconds * 1000),
    });
    return response.ok ? "official" : "stand-in";
  } catch {
    return "stand-in";
  }
}

const pluginProgram = (home: string, name: PluginName) =>
  join(home, "plugins", `resource-${name}-v${pluginVersion(name)}`, `pulumi-resource-${name}`);

/**
 * The toolchain that the npm package `pulumi` and the engine download by themselves; but for the plugin `snowflake`,
 * which is the stand-in here, too: the official one speaks Arrow with Snowflake, and the lab's has none.
 */
export function officialToolchain(home: string): Toolchain {
  const program = pluginProgram(home, "snowflake");
  const text = launcher("lab/pulumi/plugins/snowflake/main.ts");
  if (!existsSync(program) || readFileSync(program, "utf8") !== text) {
    mkdirSync(dirname(program), { recursive: true });
    writeFileSync(program, text, { mode: 0o755 });
  }
  return { mode: "official", home, binary: join(checkout, "node_modules/.bin/pulumi") };
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const nodeFolder = join(checkout, "node_modules/.bin");

/** Starts a program of this checkout on its Node 24. */
const launcher = (entry: string) =>
  `#!/bin/sh\nexec ${[
    join(nodeFolder, "node"),
    "--import",
    join(checkout, "lab/pulumi/keepCompiled.ts"),
    join(checkout, entry),
  ]
    .map(quoted)
    .join(" ")} "$@"\n`;

/** Writes by rename, and only what differs: other processes may be using the folder. */
async function install(path: string, text: string): Promise<void> {
  const present = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (present === text) return;
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
 * The engine writes every property of every resource into a new file under `$PULUMI_HOME/logs` and has no setting
 * against it: on an unchanged stack of ours that costs more than all else together. A plain file in the folder's place
 * keeps it from being made.
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
 * under `plugins/`. The stand-ins are launchers for the code in this checkout, no copies of it.
 * @param cli folder of the artefact `pulumi-cli`
 */
export async function assembleToolchain(home: string, cli: string): Promise<Toolchain> {
  const bin = join(home, "versions", pulumiVersion, "bin");
  const binary = join(bin, "pulumi");
  await replace(binary, async (temporary) => {
    // A link, not a symbolic one: the CLI looks for the language host beside its own resolved path.
    await link(join(cli, "pulumi"), temporary).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EXDEV" || error.code === "EPERM") return copyFile(join(cli, "pulumi"), temporary);
      throw error;
    });
  });
  await install(join(bin, "pulumi-language-nodejs"), launcher("lab/pulumi/language/main.ts"));
  await install(
    join(bin, "pulumi-resource-pulumi-nodejs"),
    launcher("node_modules/@pulumi/pulumi/cmd/dynamic-provider/index.js"),
  );
  await withoutEngineLog(home);
  for (const name of pluginNames) {
    await install(pluginProgram(home, name), launcher(`lab/pulumi/plugins/${name}/main.ts`));
  }
  return { mode: "stand-in", home, binary };
}

/** Where a stack's state and secrets key are. */
export interface StackHome {
  /** Folder of the file backend. */
  state: string;
  /** File with the passphrase that encrypts the stack's secrets; mode 0600. */
  passphraseFile: string;
}

/**
 * The file backend in a folder, as its processes have it in their environment. It comes without a file of checksums
 * beside each file, which nobody reads and which takes a fifth of the engine's time.
 */
export const backendUrl = (state: string): string => `file://${state}?metadata=skip`;

/** Environment for every call of the CLI. Names files only, no secret. */
export function pulumiEnvironment(
  toolchain: Pick<Toolchain, "home" | "mode">,
  stack: StackHome,
): Record<string, string> {
  return {
    PULUMI_HOME: toolchain.home,
    PULUMI_BACKEND_URL: backendUrl(stack.state),
    PULUMI_CONFIG_PASSPHRASE_FILE: stack.passphraseFile,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
    ...(toolchain.mode === "stand-in" ? { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" } : {}),
    // The state is written twice for each resource, whole and by rename; a copy of it each time costs as much again.
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
    // And all that it takes to write it so often is garbage at once: memory is cheaper here than collecting it.
    GOGC: "400",
    // Programs and plugins are Node processes that load the same modules at each start.
    NODE_COMPILE_CACHE: join(toolchain.home, "node-compile-cache"),
    // The SDK touches every module of Node when it serialises a dynamic provider, experimental ones included.
    NODE_OPTIONS: "--disable-warning=ExperimentalWarning",
    PATH: `${nodeFolder}:${process.env.PATH ?? ""}`,
  };
}

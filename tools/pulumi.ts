import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { messageOf } from "../components/core/errors.ts";
import { run } from "./exec.ts";
import { readJson } from "./readJson.ts";

const manifest = z.object({ version: z.string() });

/**
 * Path of the Pulumi CLI in the version of a checkout's npm package `pulumi`, which downloads it if it is not there yet.
 * It is run itself, not by the package's command: that one forwards no signal, so that an update would go on after its
 * end was asked for, and prints its installer's text before the JSON of the first command.
 *
 * @param environment `PULUMI_HOME` is the folder that has the CLIs of all versions. Default: `~/.pulumi`
 * @throws when the package is not installed, and when the download fails
 */
export async function pulumiCli(
  folder: string,
  environment: Record<string, string | undefined> = process.env,
  signal?: AbortSignal,
): Promise<string> {
  const file = join(folder, "node_modules", "pulumi", "package.json");
  const found = await readJson(file, manifest);
  if (!found)
    throw new Error(`there is no npm package pulumi in ${folder}: ${file} cannot be read; run npm ci`);
  const { version } = found;
  const home = environment.PULUMI_HOME || join(homedir(), ".pulumi");
  const binary = join(home, "versions", version, "bin", "pulumi");
  if (await isThere(binary)) return binary;
  const launcher = join(folder, "node_modules", ".bin", "pulumi");
  const env = { ...environment, PULUMI_HOME: home, PULUMI_VERSION: version };
  const remedy = `run \`PULUMI_HOME=${home} ${launcher} version\` where it can be downloaded, or install it at that path`;
  try {
    await run(launcher, ["version"], { env, signal, shielded: signal !== undefined });
  } catch (cause) {
    throw new Error(`cannot download the Pulumi CLI to ${binary}: ${messageOf(cause)}\n${remedy}`, { cause });
  }
  if (await isThere(binary)) return binary;
  throw new Error(`${launcher} ran, and left no Pulumi CLI at ${binary}; ${remedy}`);
}

/** What a full disk cut to nothing is not. */
const isThere = (path: string) =>
  stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { lookUp } from "../../tools/artefacts/obtain.ts";
import { helm } from "../../tools/helm/artefact.ts";
import { readJson } from "../../tools/readJson.ts";
import { replaceFile } from "../../tools/replaceFile.ts";
import { files, type Lab } from "../lab.ts";
import { pulumiCli } from "../pulumi/cli/artefact.ts";
import { chooseMode, toolchainIn } from "../pulumi/toolchain.ts";
import { Stack, stackExists } from "./stack.ts";

/** A lab's stack, and the tools that read it. */
export interface OpenedStack {
  stack: Stack;
  helm: string;
}

const record = z.object({
  /** Folder of Pulumi's CLI; undefined for the official one. */
  cli: z.string().optional(),
  /** Folder of helm. */
  helm: z.string(),
});
/** The tools that a lab was started with: the sources may have changed since. */
export type Tools = z.infer<typeof record>;

/** Writes down the tools that the lab is started with. */
export const rememberTools = (lab: Lab, tools: Tools): void =>
  replaceFile(files(lab).tools, JSON.stringify(tools));

const there = (folder: string | undefined) =>
  folder === undefined ||
  stat(folder).then(
    () => true,
    () => false,
  );

async function rememberedTools(lab: Lab): Promise<Tools | undefined> {
  const tools = await readJson(files(lab).tools, record);
  return tools && (await there(tools.cli)) && (await there(tools.helm)) ? tools : undefined;
}

/** The tools of the current sources, where they are built. */
async function currentTools(lab: Lab): Promise<Tools | undefined> {
  const found = await lookUp(helm, lab.cache);
  const cli = await lookUp(pulumiCli, lab.cache);
  if (!found) return undefined;
  return !cli || (await chooseMode()) === "official" ? { helm: found } : { cli, helm: found };
}

/**
 * Opens the stack of a running lab; builds nothing.
 *
 * @returns undefined where the lab is not running
 */
export async function openStack(lab: Lab): Promise<OpenedStack | undefined> {
  if (!(await stackExists(files(lab).backend))) return undefined;
  const tools = (await rememberedTools(lab)) ?? (await currentTools(lab));
  if (!tools) {
    throw new Error(
      `the lab in ${lab.folder} is running, but its tools are no longer in ${lab.cache}; ` +
        "rebuild them with `make up`, or remove the lab with `make down`",
    );
  }
  const helmBinary = join(tools.helm, "helm");
  const stack = new Stack(await toolchainIn(lab.cache, tools.cli), lab, { HELM_BINARY: helmBinary });
  return { stack, helm: helmBinary };
}

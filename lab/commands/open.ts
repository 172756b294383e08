import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { lookUp } from "../artefacts/obtain.ts";
import { helm } from "../helm/artefact.ts";
import { files, type Lab } from "../lab.ts";
import { pulumiCli } from "../pulumi/cli/artefact.ts";
import { assembleToolchain, chooseMode, officialToolchain, type Toolchain } from "../pulumi/toolchain.ts";
import { replaceFile } from "../replaceFile.ts";
import { readJson } from "../state/readJson.ts";
import { Stack, stackExists } from "./stack.ts";

/** A lab's stack for reading, and what reading it takes. */
export interface OpenedStack {
  stack: Stack;
  helm: string;
}

const record = z.object({
  /** Folder of Pulumi's CLI; none where it is the official one. */
  cli: z.string().optional(),
  /** Folder of helm. */
  helm: z.string(),
});
/** What a lab was brought up with: the sources may have changed since. */
export type Tools = z.infer<typeof record>;

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

/** What today's sources would bring it up with, where that was built. */
async function currentTools(lab: Lab): Promise<Tools | undefined> {
  const found = await lookUp(helm, lab.cache);
  const cli = await lookUp(pulumiCli, lab.cache);
  if (!found) return undefined;
  return !cli || (await chooseMode()) === "official" ? { helm: found } : { cli, helm: found };
}

const toolchainOf = ({ cli }: Tools, { cache }: Lab): Promise<Toolchain> | Toolchain =>
  cli === undefined
    ? officialToolchain(join(cache, "pulumi-official"))
    : assembleToolchain(join(cache, "pulumi-home"), cli);

/**
 * Opens the stack of a lab that was brought up before; builds nothing.
 *
 * @returns undefined where no lab was brought up
 */
export async function openStack(lab: Lab): Promise<OpenedStack | undefined> {
  if (!(await stackExists(files(lab).backend))) return undefined;
  const tools = (await rememberedTools(lab)) ?? (await currentTools(lab));
  if (!tools) {
    throw new Error(
      `the lab in ${lab.folder} was brought up, but what it takes to look at it is not in ${lab.cache} any more; ` +
        "build it again with `make up`, or remove the lab with `make down`",
    );
  }
  const helmBinary = join(tools.helm, "helm");
  const stack = new Stack(await toolchainOf(tools, lab), lab, { LAB_HELM: helmBinary });
  return { stack, helm: helmBinary };
}

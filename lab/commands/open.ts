import { join } from "node:path";
import { lookUp } from "../artefacts/obtain.ts";
import { helm } from "../helm/artefact.ts";
import type { Lab } from "../lab.ts";
import { pulumiCli } from "../pulumi/cli/artefact.ts";
import { assembleToolchain, chooseMode, officialToolchain } from "../pulumi/toolchain.ts";
import { Stack } from "./stack.ts";

/** A lab's stack for reading, and what reading it takes. */
export interface OpenedStack {
  stack: Stack;
  helm: string;
}

/** Opens the stack of a lab that was brought up before; builds nothing. */
export async function openStack(lab: Lab): Promise<OpenedStack | undefined> {
  const home = join(lab.cache, "pulumi-home");
  const cli = await lookUp(pulumiCli, lab.cache);
  const helmFolder = await lookUp(helm, lab.cache);
  if (!helmFolder) return undefined;
  const official = !cli || (await chooseMode()) === "official";
  const toolchain = official
    ? officialToolchain(join(lab.cache, "pulumi-official"))
    : await assembleToolchain(home, cli);
  const helmBinary = join(helmFolder, "helm");
  const stack = new Stack(toolchain, lab, { LAB_HELM: helmBinary });
  return (await stack.exists()) ? { stack, helm: helmBinary } : undefined;
}

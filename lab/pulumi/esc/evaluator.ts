import { join } from "node:path";
import type { Question, Report } from "../../../esc/check/report.ts";
import { run } from "../../../tools/exec.ts";

/** Evaluates environments with Pulumi's own code. @param folder of the artefact `esc` */
export async function evaluate(folder: string, question: Question): Promise<Record<string, Report>> {
  const { stdout } = await run(join(folder, "esc"), [], { stdin: JSON.stringify(question) });
  return JSON.parse(stdout) as Record<string, Report>;
}

import { join } from "node:path";
import type { Artefact } from "../../lab/artefacts/artefact.ts";
import { obtain } from "../../lab/artefacts/obtain.ts";
import { run } from "../../lab/exec.ts";
import { labOf, repository } from "../../lab/lab.ts";
import { actionlint, zizmor } from "./artefact.ts";

/** A program that judges the workflows. */
export interface Tool {
  artefact: Artefact;
  binary: string;
  args: string[];
}

export const tools: Tool[] = [
  {
    artefact: actionlint,
    binary: "actionlint",
    // What a workflow runs is a script with a test; other linters on PATH would judge differently on each machine.
    args: ["-no-color", "-shellcheck=", "-pyflakes="],
  },
  {
    artefact: zizmor,
    binary: "bin/zizmor",
    args: [
      "--offline",
      "--no-progress",
      "--color=never",
      "--persona=pedantic",
      "--strict-collection",
      ".github",
    ],
  },
];

/** What a tool had to say. */
export type Verdict = { tool: string } & (
  | { kind: "clean" }
  | { kind: "faults"; said: string }
  /** It cannot be had here: nothing was judged. */
  | { kind: "missing"; because: string }
);

/** Lets one tool judge the workflows of this checkout, or of another folder. */
export async function judge({ artefact, binary, args }: Tool, folder = repository): Promise<Verdict> {
  const tool = artefact.name;
  let found: string;
  try {
    const folders = await obtain([artefact], { cache: labOf().cache });
    found = join(folders.get(tool) ?? "", binary);
  } catch (error) {
    return { tool, kind: "missing", because: error instanceof Error ? error.message : String(error) };
  }
  const { code, stdout, stderr } = await run(found, args, { cwd: folder, allowFailure: true });
  return code === 0
    ? { tool, kind: "clean" }
    : { tool, kind: "faults", said: `${stdout}\n${stderr}`.trim() || `it ended with ${code}` };
}

import { join } from "node:path";
import { messageOf } from "../../components/core/errors.ts";
import type { Artefact } from "../../tools/artefacts/artefact.ts";
import { obtain } from "../../tools/artefacts/obtain.ts";
import { run } from "../../tools/exec.ts";
import { cacheFolder, repository } from "../../tools/repository.ts";
import { actionlint, zizmor } from "./artefact.ts";

/** A program that checks the workflows. */
export interface Tool {
  artefact: Artefact;
  binary: string;
  args: string[];
}

export const tools: Tool[] = [
  {
    artefact: actionlint,
    binary: "actionlint",
    // Scripts of workflows have tests; linters that happen to be on PATH would differ between machines.
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

/** The result of a tool. */
export type Verdict = { tool: string } & (
  | { kind: "clean" }
  | { kind: "faults"; output: string }
  /** It cannot be installed here: nothing was checked. */
  | { kind: "missing"; because: string }
);

/** Runs one tool on the workflows of this checkout, or of another folder. */
export async function judge({ artefact, binary, args }: Tool, folder = repository): Promise<Verdict> {
  const tool = artefact.name;
  let found: string;
  try {
    const folders = await obtain([artefact], { cache: cacheFolder() });
    found = join(folders.get(tool) ?? "", binary);
  } catch (error) {
    return { tool, kind: "missing", because: messageOf(error) };
  }
  const { code, stdout, stderr } = await run(found, args, { cwd: folder, allowFailure: true });
  return code === 0
    ? { tool, kind: "clean" }
    : { tool, kind: "faults", output: `${stdout}\n${stderr}`.trim() || `it ended with ${code}` };
}

import { join } from "node:path";
import type { Artefact } from "../artefacts/artefact.ts";
import { hashOf } from "../artefacts/hash.ts";
import { run } from "../exec.ts";
import { goBuild } from "../goBuild.ts";

const folder = import.meta.dirname;
const sources = ["evaluate.go", "go.mod", "go.sum", "main.go", "providers.go"];

/** Pulumi's own evaluator of ESC environments, from its published module. The result is the file `esc`. */
export const escEvaluator: Artefact = {
  name: "esc",
  title: "build the evaluator of ESC environments",
  alone: "go",
  async key() {
    const { stdout } = await run("go", ["version"]);
    return hashOf(folder, sources, stdout.trim());
  },
  async build({ out, log, signal }) {
    await goBuild({ cwd: folder, out: join(out, "esc"), packages: ["."], linkerFlags: "-s -w", log, signal });
  },
};

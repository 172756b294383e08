import { goProgram } from "../../../tools/artefacts/goProgram.ts";

/** Pulumi's own evaluator of ESC environments, from its published module. The result is the file `esc`. */
export const escEvaluator = goProgram({
  name: "esc",
  title: "build the evaluator of ESC environments",
  folder: import.meta.dirname,
  inputs: ["evaluate.go", "go.mod", "go.sum", "main.go", "providers.go"],
});

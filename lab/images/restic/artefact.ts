import { goProgram } from "../../../tools/artefacts/goProgram.ts";

/** restic from its published Go module. The result is the file `restic`. */
export const restic = goProgram({
  name: "restic",
  title: "build restic, for backups",
  folder: import.meta.dirname,
  inputs: ["go.mod", "go.sum"],
  packages: ["github.com/restic/restic/cmd/restic"],
  weight: 2,
});

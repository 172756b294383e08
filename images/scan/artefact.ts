import { goProgram } from "../../tools/artefacts/goProgram.ts";

/** The scanner of images, by its published module. The result is the file `osv-scanner`. */
export const osvScanner = goProgram({
  name: "osv-scanner",
  title: "build osv-scanner",
  folder: import.meta.dirname,
  inputs: ["go.mod", "go.sum", "artefact.ts"],
  packages: ["github.com/google/osv-scanner/v2/cmd/osv-scanner"],
});

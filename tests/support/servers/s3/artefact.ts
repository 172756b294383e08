import { goProgram } from "../../../../tools/artefacts/goProgram.ts";

/** A server that speaks Amazon's S3 API, from its published Go module. The result is the file `gofakes3`. */
export const s3Server = goProgram({
  name: "gofakes3",
  title: "build the tests' S3 server",
  folder: import.meta.dirname,
  inputs: ["go.mod", "go.sum"],
  packages: ["github.com/johannesboyne/gofakes3/cmd/gofakes3"],
});

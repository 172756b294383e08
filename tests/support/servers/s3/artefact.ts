import { goProgram } from "../../../../tools/artefacts/goProgram.ts";

/** A server that speaks Amazon's S3 API and checks signatures. The result is the file `s3`. */
export const s3Server = goProgram({
  name: "s3",
  title: "build the tests' S3 server",
  folder: import.meta.dirname,
  inputs: ["go.mod", "go.sum", "main.go"],
});

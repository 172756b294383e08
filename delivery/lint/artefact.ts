import { goProgram } from "../../tools/artefacts/goProgram.ts";
import { pythonWheel } from "../../tools/artefacts/pythonWheel.ts";

const folder = import.meta.dirname;

/** Checks workflows for mistakes: expressions, types of inputs, events, shells. The result is the file `actionlint`. */
export const actionlint = goProgram({
  name: "actionlint",
  title: "build actionlint",
  folder,
  inputs: ["go.mod", "go.sum", "artefact.ts"],
  packages: ["github.com/rhysd/actionlint/cmd/actionlint"],
});

/** Checks workflows for vulnerabilities. The result is the file `bin/zizmor`. */
export const zizmor = pythonWheel({ name: "zizmor", title: "install zizmor", folder });

import { join } from "node:path";
import type { Artefact } from "../../tools/artefacts/artefact.ts";
import { goProgram } from "../../tools/artefacts/goProgram.ts";
import { hashOf } from "../../tools/artefacts/hash.ts";
import { run } from "../../tools/exec.ts";

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
export const zizmor: Artefact = {
  name: "zizmor",
  title: "install zizmor",
  key: () => hashOf(folder, ["requirements.txt", "artefact.ts"], `${process.platform} ${process.arch}`),
  async build({ out, log, signal }) {
    // The wheel contains a native program: it needs no virtual environment and can be moved.
    const pip = [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--root-user-action=ignore",
    ];
    const exactly = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--target", out];
    const requirements = ["--requirement", join(folder, "requirements.txt")];
    await run("python3", [...pip, ...exactly, ...requirements], { onLine: log, signal });
  },
};

import { join } from "node:path";
import type { Artefact } from "../../lab/artefacts/artefact.ts";
import { hashOf } from "../../lab/artefacts/hash.ts";
import { run } from "../../lab/exec.ts";
import { goBuild } from "../../lab/goBuild.ts";

const folder = import.meta.dirname;

/** Checks workflows for mistakes: expressions, types of inputs, events, shells. The result is the file `actionlint`. */
export const actionlint: Artefact = {
  name: "actionlint",
  title: "build actionlint",
  alone: "go",
  async key() {
    const { stdout } = await run("go", ["version"]);
    return hashOf(folder, ["go.mod", "go.sum", "artefact.ts"], stdout.trim());
  },
  async build({ out, log, signal }) {
    await goBuild({
      cwd: folder,
      out: join(out, "actionlint"),
      packages: ["github.com/rhysd/actionlint/cmd/actionlint"],
      linkerFlags: "-s -w",
      log,
      signal,
    });
  },
};

/** Checks workflows for what an attacker could use. The result is the file `bin/zizmor`. */
export const zizmor: Artefact = {
  name: "zizmor",
  title: "install zizmor",
  key: () => hashOf(folder, ["requirements.txt", "artefact.ts"], `${process.platform} ${process.arch}`),
  async build({ out, log, signal }) {
    // The wheel is a program, no Python: it needs no environment of its own, and can be moved.
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

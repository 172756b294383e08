import { join } from "node:path";
import type { Artefact } from "../../tools/artefacts/artefact.ts";
import { hashOf } from "../../tools/artefacts/hash.ts";
import { run } from "../../tools/exec.ts";

const folder = import.meta.dirname;

/** The linter of Dockerfiles. The result is the file `bin/hadolint`. */
export const hadolint: Artefact = {
  name: "hadolint",
  title: "install hadolint",
  key: () => hashOf(folder, ["requirements.txt", "artefact.ts"], `${process.platform} ${process.arch}`),
  async build({ out, log, signal }) {
    // The wheel contains a native program: it needs no virtual environment and can be moved.
    const quiet = ["--quiet", "--disable-pip-version-check", "--root-user-action=ignore"];
    const exactly = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--target", out];
    const requirements = ["--requirement", join(folder, "requirements.txt")];
    await run("python3", ["-m", "pip", "install", ...quiet, ...exactly, ...requirements], {
      onLine: log,
      signal,
    });
  },
};

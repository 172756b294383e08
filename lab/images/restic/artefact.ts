import { join } from "node:path";
import type { Artefact } from "../../../tools/artefacts/artefact.ts";
import { goBuild } from "../../../tools/artefacts/goBuild.ts";
import { hashOf } from "../../../tools/artefacts/hash.ts";
import { run } from "../../../tools/exec.ts";

const folder = import.meta.dirname;

/** restic from its published Go module. The result is the file `restic`. */
export const restic: Artefact = {
  name: "restic",
  title: "build restic, for backups",
  weight: 2,
  alone: "go",
  async key() {
    const { stdout } = await run("go", ["version"]);
    return hashOf(folder, ["go.mod", "go.sum"], stdout.trim());
  },
  async build({ out, log, signal }) {
    await goBuild({
      cwd: folder,
      out: join(out, "restic"),
      packages: ["github.com/restic/restic/cmd/restic"],
      linkerFlags: "-s -w",
      log,
      signal,
    });
  },
};

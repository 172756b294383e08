import { join } from "node:path";
import type { Artefact } from "../../tools/artefacts/artefact.ts";
import { goBuild } from "../../tools/artefacts/goBuild.ts";
import { hashOf } from "../../tools/artefacts/hash.ts";
import { run } from "../../tools/exec.ts";

const folder = import.meta.dirname;

/** The scanner of images, by its published module. The result is the file `osv-scanner`. */
export const osvScanner: Artefact = {
  name: "osv-scanner",
  title: "build osv-scanner",
  weight: 2,
  alone: "go",
  async key() {
    const { stdout } = await run("go", ["version"]);
    return hashOf(folder, ["go.mod", "go.sum", "artefact.ts"], stdout.trim());
  },
  async build({ out, log, signal }) {
    const packages = ["github.com/google/osv-scanner/v2/cmd/osv-scanner"];
    const file = join(out, "osv-scanner");
    await goBuild({ cwd: folder, out: file, packages, linkerFlags: "-s -w", log, signal });
  },
};

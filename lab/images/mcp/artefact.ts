import { join } from "node:path";
import type { Artefact } from "../../../tools/artefacts/artefact.ts";
import { goBuild } from "../../../tools/artefacts/goBuild.ts";
import { hashOf } from "../../../tools/artefacts/hash.ts";
import { run } from "../../../tools/exec.ts";

const folder = join(import.meta.dirname, "vmcp");
const module = "github.com/stacklok/toolhive";

/** The MCP gateway's engine from its published Go module. The result is the file `vmcp`. */
export const vmcp: Artefact = {
  name: "vmcp",
  title: "build the MCP gateway's engine",
  weight: 3,
  alone: "go",
  async key() {
    const { stdout } = await run("go", ["version"]);
    return hashOf(folder, ["go.mod", "go.sum"], stdout.trim());
  },
  async build({ out, log, signal }) {
    await goBuild({
      cwd: folder,
      out: join(out, "vmcp"),
      packages: [`${module}/cmd/vmcp`],
      linkerFlags: "-s -w",
      log,
      signal,
    });
  },
};

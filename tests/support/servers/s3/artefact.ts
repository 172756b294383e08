import { join } from "node:path";
import type { Artefact } from "../../../../tools/artefacts/artefact.ts";
import { goBuild } from "../../../../tools/artefacts/goBuild.ts";
import { hashOf } from "../../../../tools/artefacts/hash.ts";
import { run } from "../../../../tools/exec.ts";

const folder = import.meta.dirname;

/** A server that speaks Amazon's S3 API, from its published Go module. The result is the file `gofakes3`. */
export const s3Server: Artefact = {
  name: "test-s3",
  title: "build the tests' S3 server",
  alone: "go",
  key: async () => hashOf(folder, ["go.mod", "go.sum"], (await run("go", ["version"])).stdout),
  async build({ out, log, signal }) {
    await goBuild({
      cwd: folder,
      out: join(out, "gofakes3"),
      packages: ["github.com/johannesboyne/gofakes3/cmd/gofakes3"],
      linkerFlags: "-s -w",
      log,
      signal,
    });
  },
};

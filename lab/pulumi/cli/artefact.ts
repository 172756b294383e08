import { arch, platform } from "node:os";
import { join } from "node:path";
import type { Artefact } from "../../../tools/artefacts/artefact.ts";
import { goBuild } from "../../../tools/artefacts/goBuild.ts";
import { hashOf } from "../../../tools/artefacts/hash.ts";
import { run } from "../../../tools/exec.ts";
import { pulumiVersion } from "../versions.ts";

const module = "github.com/pulumi/pulumi";
const linkerFlags = `-s -w -X ${module}/sdk/v3/go/common/version.Version=v${pulumiVersion}`;

/** The Pulumi CLI from its published Go module: the folder has one file, `pulumi`. */
export const pulumiCli: Artefact = {
  name: "pulumi-cli",
  title: `build the Pulumi CLI v${pulumiVersion}`,
  weight: 4,
  alone: "go",
  async key() {
    const go = await run("go", ["env", "GOVERSION"], { cwd: import.meta.dirname });
    return hashOf(
      import.meta.dirname,
      ["go.mod", "go.sum"],
      go.stdout.trim(),
      platform(),
      arch(),
      linkerFlags,
    );
  },
  async build({ out, log, signal }) {
    const packages = [`${module}/pkg/v3/cmd/pulumi`];
    await goBuild({ cwd: import.meta.dirname, out: join(out, "pulumi"), packages, linkerFlags, log, signal });
  },
};

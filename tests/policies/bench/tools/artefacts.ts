import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Artefact } from "../../../../tools/artefacts/artefact.ts";
import { goBuild } from "../../../../tools/artefacts/goBuild.ts";
import { hashOf } from "../../../../tools/artefacts/hash.ts";
import { run } from "../../../../tools/exec.ts";

const here = import.meta.dirname;

/** A Go program: of a published module that `go.mod` pins, or of our own beside it. The result is the file `<name>`. */
const goTool = (name: string, packageName: string): Artefact => ({
  name: `bench-${name}`,
  title: `build ${name}`,
  alone: "go",
  async key() {
    const { stdout } = await run("go", ["version"]);
    return hashOf(join(here, "go", name), ["."], packageName, stdout.trim());
  },
  build: ({ out, log, signal }) =>
    goBuild({
      cwd: join(here, "go", name),
      out: join(out, name),
      packages: [packageName],
      linkerFlags: "-s -w",
      log,
      signal,
    }),
});

export const kubeScoreBinary = goTool("kube-score", "github.com/zegl/kube-score/cmd/kube-score");
export const gitleaksBinary = goTool("gitleaks", "github.com/zricethezav/gitleaks/v8");
export const podSecurityBinary = goTool("podsecurity", ".");

/** Checkov with all that it needs, at the versions of `requirements.txt`; the result is a folder for `PYTHONPATH`. */
export const checkovPackages: Artefact = {
  name: "bench-checkov",
  title: "install checkov",
  async key() {
    const { stdout } = await run("python3", ["--version"]);
    return hashOf(join(here, "checkov"), ["requirements.txt"], stdout.trim());
  },
  async build({ out, log, signal }) {
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
    const list = join(here, "checkov/requirements.txt");
    await run("python3", [...pip, "--no-deps", "--target", out, "--requirement", list], {
      onLine: log,
      signal,
    });
  },
};

/** Version that a tool's `go.mod` or `requirements.txt` names. */
export async function pinned(file: string, pattern: RegExp): Promise<string> {
  const version = pattern.exec(await readFile(join(here, file), "utf8"))?.[1];
  if (!version) throw new Error(`${file} does not name a version by ${pattern}`);
  return version;
}

import { join } from "node:path";
import type { Artefact } from "../../../tools/artefacts/artefact.ts";
import { hashOf } from "../../../tools/artefacts/hash.ts";
import { installPackages } from "../../../tools/docker/engine/engine.ts";
import { run } from "../../../tools/exec.ts";

const folder = join(import.meta.dirname, "engine");
const requirements = join(folder, "requirements.txt");

/** fakesnow asks for it. */
const leastPython = [3, 11] as const;
const hasVenv = `import ensurepip, sys; sys.exit(sys.version_info < (${leastPython.join(", ")}))`;

/** A Python that can make virtual environments; installed from the distribution where there is none. */
async function pythonWithVenv(log: (line: string) => void): Promise<string> {
  const usable = async () => {
    for (const python of ["python3", "/usr/bin/python3"]) {
      const tried = await run(python, ["-c", hasVenv], { allowFailure: true }).catch(() => undefined);
      if (tried?.code === 0) return python;
    }
    return undefined;
  };
  const known = await usable();
  if (known) return known;
  const fix = `install Python ${leastPython.join(".")} or newer with its module venv (Debian 12: apt-get install python3-venv)`;
  if (process.getuid?.() !== 0)
    throw new Error(`the lab's Snowflake needs Python, and only root can install it: ${fix}`);
  await installPackages(["python3", "python3-venv"], log);
  const installed = await usable();
  if (installed) return installed;
  throw new Error(`the lab's Snowflake cannot be made with this system's Python: ${fix}`);
}

const interpreterOf = (venv: string) => join(venv, "bin", "python");

/**
 * fakesnow with all that it needs, each by version and checksum, in a separate Python environment. Its programs under
 * `bin` name the folder that it was made in: only `bin/python` is used.
 */
export const fakesnow: Artefact = {
  name: "fakesnow",
  title: "install fakesnow, which stands in for Snowflake",
  key: () => hashOf(folder, ["requirements.txt"], process.arch),
  async build({ out, log, signal }) {
    const python = await pythonWithVenv(log);
    await run(python, ["-m", "venv", out], { onLine: log, signal });
    const pip = ["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--no-compile"];
    const pinned = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", requirements];
    await run(interpreterOf(out), [...pip, ...pinned], { onLine: log, signal });
  },
  /** The system's Python may have been replaced by another one since. To find the packages is enough; loading takes seconds. */
  async present(venv) {
    const find =
      "import importlib.util as u, sys; sys.exit(not (u.find_spec('duckdb') and u.find_spec('fakesnow')))";
    const { code } = await run(interpreterOf(venv), ["-c", find], { allowFailure: true }).catch(() => ({
      code: 1,
    }));
    return code === 0;
  },
};

/** How the engine is started. @param venv folder of the artefact `fakesnow` */
export const engineCommand = (venv: string): { command: string; args: string[] } => ({
  command: interpreterOf(venv),
  args: [join(folder, "engine.py")],
});

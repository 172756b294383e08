import { join } from "node:path";
import { run } from "../exec.ts";
import type { Artefact } from "./artefact.ts";
import { hashOf } from "./hash.ts";

export interface PythonWheel {
  /** Of the artefact, and of the program. */
  name: string;
  title: string;
  /** With requirements.txt, which names one wheel by version and checksum. */
  folder: string;
}

/**
 * A native program that is published as a wheel. The result is the file `bin/<name>`; it needs no virtual environment and can
 * be moved.
 */
export const pythonWheel = ({ name, title, folder }: PythonWheel): Artefact => ({
  name,
  title,
  key: () => hashOf(folder, ["requirements.txt"], `${process.platform} ${process.arch}`),
  async build({ out, log, signal }) {
    const quiet = ["--quiet", "--disable-pip-version-check", "--root-user-action=ignore"];
    const exactly = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--target", out];
    const requirements = ["--requirement", join(folder, "requirements.txt")];
    await run("python3", ["-m", "pip", "install", ...quiet, ...exactly, ...requirements], {
      onLine: log,
      signal,
    });
  },
});

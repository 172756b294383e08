import { join } from "node:path";
import { run } from "../exec.ts";
import type { Artefact } from "./artefact.ts";
import { goBuild } from "./goBuild.ts";
import { hashOf } from "./hash.ts";

export interface GoProgram {
  /** Of the artefact, and of the file that results. */
  name: string;
  title: string;
  /** With go.mod and go.sum. */
  folder: string;
  /** Files of the folder that the result depends on. */
  inputs: string[];
  /** Default: the folder's own package. */
  packages?: string[];
  /** As of the artefact: relative CPU weight. Default 1. */
  weight?: number;
}

/** One program in Go, built anew when its files or Go change. */
export const goProgram = ({
  name,
  title,
  folder,
  inputs,
  packages = ["."],
  weight = 1,
}: GoProgram): Artefact => ({
  name,
  title,
  weight,
  alone: "go",
  async key() {
    const { stdout } = await run("go", ["version"]);
    return hashOf(folder, inputs, stdout.trim());
  },
  async build({ out, log, signal }) {
    await goBuild({ cwd: folder, out: join(out, name), packages, linkerFlags: "-s -w", log, signal });
  },
});

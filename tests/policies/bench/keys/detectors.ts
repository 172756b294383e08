import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { z } from "zod";
import { leaksIn } from "../../../../policies/scan.ts";
import { run } from "../../../../tools/exec.ts";
import { pinned } from "../tools/artefacts.ts";
import { checkovOver } from "../tools/checkov.ts";
import type { Content } from "./corpus.ts";

/** Something that finds keys in files. */
export interface Detector {
  /** With its version. */
  name: string;
  /** Names of the files in which it found something. */
  find(folder: string, files: Content[]): Promise<Set<string>>;
}

export const ours: Detector = {
  name: "this detector",
  find: async (_folder, files) =>
    new Set(files.filter(({ file, text }) => leaksIn(file, text).length > 0).map(({ file }) => file)),
};

const gitleaksReport = z.array(z.looseObject({ File: z.string() }));

export async function gitleaks(artefact: string): Promise<Detector> {
  return {
    name: `gitleaks ${await pinned("go/gitleaks/go.mod", /gitleaks\/v8 v(\S+)/)}, decoding 3 layers`,
    async find(folder) {
      const scratch = await mkdtemp(join(tmpdir(), "sophia-gitleaks-"));
      try {
        const report = join(scratch, "report.json");
        const options = [
          "--no-banner",
          "--log-level",
          "error",
          "--exit-code",
          "0",
          "--max-decode-depth",
          "3",
        ];
        await run(join(artefact, "gitleaks"), ["dir", folder, ...options, "--report-path", report]);
        const found = gitleaksReport.parse(JSON.parse(await readFile(report, "utf8")));
        return new Set(found.map(({ File }) => relative(folder, File)));
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    },
  };
}

export async function checkov(packages: string): Promise<Detector> {
  return {
    name: `checkov ${await pinned("checkov/requirements.txt", /^checkov==(\S+)$/m)} --framework secrets`,
    find: async (folder) =>
      new Set((await checkovOver(packages, folder, ["secrets"], (path) => path.replace(/^\/+/, ""))).keys()),
  };
}

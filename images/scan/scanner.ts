import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { obtain } from "../../tools/artefacts/obtain.ts";
import { docker } from "../../tools/docker/docker.ts";
import { run } from "../../tools/exec.ts";
import { osvScanner } from "./artefact.ts";
import { type Report, reportSchema } from "./vulnerabilities.ts";

/** Where the scanner and its data come from, by environment variables. */
export interface ScannerOptions {
  /** Program. `OSV_SCANNER`; default: built from its published module. */
  program: string;
  /** Folder with a copy of osv.dev's data. `OSV_DATABASE`; default: osv.dev itself. */
  database: string | undefined;
}

/** The scanner that the environment names, or the one of the build cache, which is built when it is missing. */
export async function scannerOf(
  cache: string,
  environment: Record<string, string | undefined> = process.env,
): Promise<ScannerOptions> {
  const database = environment.OSV_DATABASE || undefined;
  if (environment.OSV_SCANNER) return { program: environment.OSV_SCANNER, database };
  const folders = await obtain([osvScanner], { cache });
  return { program: join(folders.get(osvScanner.name) ?? "", "osv-scanner"), database };
}

/** Exit codes of osv-scanner that come with a report: no vulnerability found, vulnerabilities found. */
const withReport = [0, 1];

/**
 * Scans an image of the local engine with osv-scanner.
 * @throws with the scanner's own message when it could not scan
 */
export async function scanImage({ program, database }: ScannerOptions, image: string): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), "sophia-scan-"));
  try {
    const archive = join(folder, "image.tar");
    await docker(["save", "--output", archive, image]);
    const offline = database ? ["--offline-vulnerabilities", "--local-db-path", database] : [];
    const args = ["scan", "image", "--archive", "--format", "json", ...offline, archive];
    const { code, stdout, stderr } = await run(program, args, { allowFailure: true });
    if (!withReport.includes(code)) {
      throw new Error(`osv-scanner could not scan ${image}; it ended with ${code}:\n${stderr.trim()}`);
    }
    return reportSchema.parse(JSON.parse(stdout));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../lab/exec.ts";
import { docker } from "../../lab/machines/engine/docker.ts";
import { type Report, reportSchema } from "./judge.ts";

/** Ends of osv-scanner that come with a report: nothing found, holes found. */
const answers = [0, 1];

/**
 * Lets osv-scanner look at an image of the local engine.
 *
 * @param database folder with a copy of osv.dev's data; otherwise osv.dev itself is asked
 * @throws with its own words when it could not look
 */
export async function scanImage(scanner: string, image: string, database?: string): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), "sophia-scan-"));
  try {
    const archive = join(folder, "image.tar");
    await docker(["save", "--output", archive, image]);
    const offline = database ? ["--offline-vulnerabilities", "--local-db-path", database] : [];
    const args = ["scan", "image", "--archive", "--format", "json", ...offline, archive];
    const { code, stdout, stderr } = await run(scanner, args, { allowFailure: true });
    if (!answers.includes(code)) {
      throw new Error(`osv-scanner could not look at ${image} (it ended with ${code}):\n${stderr.trim()}`);
    }
    return reportSchema.parse(JSON.parse(stdout));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

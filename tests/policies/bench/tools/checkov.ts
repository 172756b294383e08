import { basename } from "node:path";
import { z } from "zod";
import { run } from "../../../../tools/exec.ts";
import { pinned } from "./artefacts.ts";
import { type Findings, type Tool, writeAll } from "./tool.ts";

const result = z.looseObject({
  results: z.looseObject({
    failed_checks: z.array(
      z.looseObject({ check_id: z.string(), file_path: z.string(), resource: z.string() }),
    ),
  }),
});
/** Nothing to say is an object of another form, and one framework is no list. */
const report = z.preprocess(
  (said) => (Array.isArray(said) ? said : [said]),
  z.array(z.union([result, z.looseObject({ failed: z.literal(0) })])),
);

/** What checkov has against the files of a folder, by file as `nameOf` says it. It reaches no network. */
export async function checkovOver(
  packages: string,
  folder: string,
  frameworks: string[],
  nameOf: (path: string) => string = (path) => basename(path),
): Promise<Map<string, string[]>> {
  const options = [
    "--skip-download",
    "--quiet",
    "--compact",
    "--output",
    "json",
    "--framework",
    ...frameworks,
  ];
  const { stdout, stderr } = await run("python3", ["-m", "checkov.main", "--directory", folder, ...options], {
    env: { PYTHONPATH: packages, BC_SKIP_MAPPING: "TRUE", LOG_LEVEL: "ERROR" },
    allowFailure: true,
  });
  if (!stdout.trim()) throw new Error(`checkov said nothing of ${folder}: ${stderr.slice(-500)}`);
  const found = new Map<string, string[]>();
  for (const part of report.parse(JSON.parse(stdout))) {
    if (!("results" in part)) continue;
    for (const { check_id: check, file_path: path, resource } of (part as z.infer<typeof result>).results
      .failed_checks) {
      const name = nameOf(path);
      found.set(name, [...(found.get(name) ?? []), `${check} ${resource}`]);
    }
  }
  return found;
}

/** Checkov with its rules for Kubernetes and for secrets. */
export const checkov = async (packages: string): Promise<Tool> => ({
  name: `checkov ${await pinned("checkov/requirements.txt", /^checkov==(\S+)$/m)}`,
  async judge(manifests, scratch): Promise<Findings> {
    await writeAll(manifests, scratch);
    const found = await checkovOver(packages, scratch, ["kubernetes", "secrets"]);
    return new Map(manifests.map(({ id }) => [id, found.get(`${id}.yaml`) ?? []]));
  },
});

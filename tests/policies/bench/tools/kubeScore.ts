import { join } from "node:path";
import { z } from "zod";
import { run } from "../../../../tools/exec.ts";
import { pinned } from "./artefacts.ts";
import { inTurns, type Tool, writeAll } from "./tool.ts";

/** A check that passed has this grade; what is lower is a finding. */
const passed = 10;

const report = z.array(
  z.looseObject({
    object_name: z.string(),
    checks: z
      .array(
        z.looseObject({
          check: z.looseObject({ id: z.string() }),
          grade: z.number(),
          skipped: z.boolean(),
          comments: z.array(z.looseObject({ path: z.string(), summary: z.string() })).nullable(),
        }),
      )
      .nullable(),
  }),
);

/** Checks that are off by default, as `kube-score list` names them. */
async function optionalChecks(binary: string): Promise<string[]> {
  const { stdout } = await run(binary, ["list"]);
  return stdout.split("\n").flatMap((line) => {
    const [id = ""] = line.split(",");
    return line.endsWith(",optional") ? [id] : [];
  });
}

/** kube-score with every check that it has, also those that are off by default. */
export const kubeScore = async (folder: string): Promise<Tool> => ({
  name: `kube-score ${await pinned("go/kube-score/go.mod", /kube-score v(\S+)/)}`,
  async judge(manifests, scratch) {
    const binary = join(folder, "kube-score");
    const files = await writeAll(manifests, scratch);
    const optional = (await optionalChecks(binary)).flatMap((id) => ["--enable-optional-test", id]);
    // One call for each: objects of different files would be taken for one another's.
    const said = await inTurns(files, async (file) => {
      const { stdout, stderr } = await run(binary, ["score", "--output-format", "json", ...optional, file], {
        allowFailure: true,
      });
      if (!stdout.trim()) throw new Error(`kube-score said nothing of ${file}: ${stderr}`);
      return report
        .parse(JSON.parse(stdout) ?? [])
        .flatMap(({ object_name: name, checks }) =>
          (checks ?? [])
            .filter(({ grade, skipped }) => !skipped && grade < passed)
            .flatMap(({ check, comments }) =>
              (comments ?? [{ path: "", summary: "" }]).map(
                ({ path, summary }) => `${check.id} ${name} ${path} ${summary}`,
              ),
            ),
        );
    });
    return new Map(manifests.map(({ id }, index) => [id, said[index] ?? []]));
  },
});

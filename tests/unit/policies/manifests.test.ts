import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { drawSamples, score } from "../../policies/bench/score.ts";
import { ours } from "../../policies/bench/tools/ours.ts";
import { repository } from "./fixtures.ts";

/** The column "this pack" of the table of 200 manifests in the documentation, by group of faults. */
async function documented(): Promise<Record<string, number>> {
  const text = await readFile(join(repository, "docs/security/policies.md"), "utf8");
  const rows = text.matchAll(/^\| ([^|]+) \| \d+ \| \*{0,2}(\d+)\*{0,2} \| \*{0,2}\d/gm);
  return Object.fromEntries(
    [...rows].map(([, group = "", count]) => [group.replaceAll("*", ""), Number(count)]),
  );
}

test("S3 the pack catches 188 of the 200 faulty manifests, as documented, and reports none of their twins", async () => {
  const samples = drawSamples();
  const { caught, alarms } = await score(ours, samples);
  expect(alarms).toBe(0);
  const byGroup: Record<string, number> = { all: caught.size };
  for (const { id, fault } of samples)
    byGroup[fault.group] = (byGroup[fault.group] ?? 0) + (caught.has(id) ? 1 : 0);
  expect(byGroup).toEqual(await documented());
  expect(caught.size).toBe(188);
});

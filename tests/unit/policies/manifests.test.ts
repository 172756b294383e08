import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { manifestsIn } from "../../../policies/engine/yaml.ts";
import { noHostAccess } from "../../../policies/rules/pods/noHostAccess.ts";
import { drawSamples, score } from "../../policies/bench/score.ts";
import { ours } from "../../policies/bench/tools/ours.ts";
import { contextOf, kubernetes, repository } from "./fixtures.ts";

/** The column "this pack" of the table of 200 manifests in the documentation, by group of faults. */
async function documented(): Promise<Record<string, number>> {
  const text = await readFile(join(repository, "docs/security/policy-benchmarks.md"), "utf8");
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

const chart = `
apiVersion: v1
kind: Pod
metadata: { name: one, namespace: apps }
x-host: &host { hostPID: on, hostIPC: Yes }
spec:
  <<: *host
  hostNetwork: yes
  containers:
    - { name: main, securityContext: { privileged: y } }
`;

test("S3 a chart's YAML is read as Kubernetes reads it: yes and on are true, and a merged key is a key", () => {
  const [body = {}] = manifestsIn(chart);
  expect(noHostAccess.evaluate(kubernetes(body), contextOf()).map(({ message }) => message)).toEqual([
    "hostNetwork is on",
    "hostPID is on",
    "hostIPC is on",
    "is privileged",
  ]);
});

test("S3 what only looks like yes or no stays text, and of a key that stands twice the last one counts", () => {
  const words =
    "a: no\nb: OFF\nc: N\nd: 'yes'\ne: yesterday\nf: month\ng: oN\nh: 1\nh: 2\ni: nope\nj: 2026-11-21";
  expect(manifestsIn(`${words}\n---\n- x\n---\n`)).toEqual([
    {
      a: false,
      b: false,
      c: false,
      d: "yes",
      e: "yesterday",
      f: "month",
      g: "oN",
      h: 2,
      i: "nope",
      j: "2026-11-21",
    },
    {},
    {},
  ]);
});

test("S3 what is no YAML is refused, not judged by halves", () => {
  expect(() => manifestsIn("a: 1\n---\nkind: Pod\nspec: {\n")).toThrow("a manifest is no YAML:");
});

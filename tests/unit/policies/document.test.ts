import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formats } from "../../../policies/detector/formats.ts";
import { rules } from "../../../policies/rules/index.ts";
import { stackRules } from "../../../policies/rules/stack/index.ts";
import { faults } from "../../policies/bench/manifests/faults.ts";
import { pinned } from "../../policies/bench/tools/artefacts.ts";
import { repository } from "./fixtures.ts";

const read = (name: string) => readFile(join(repository, "docs/security", name), "utf8");
const text = await read("policies.md");
const measured = await read("policy-benchmarks.md");

test("every rule stands in the documentation, with its severity", () => {
  for (const { name, severity } of [...rules, ...stackRules])
    expect(text).toContain(`| ${name} | ${severity} |`);
  expect(text).toContain(`knows ${formats.length} formats`);
});

test("S3 the documentation compares the pack with four tools, at the versions that are measured", async () => {
  const versions = {
    gitleaks: await pinned("go/gitleaks/go.mod", /gitleaks\/v8 v(\S+)/),
    checkov: await pinned("checkov/requirements.txt", /^checkov==(\S+)$/m),
    "kube-score": await pinned("go/kube-score/go.mod", /kube-score v(\S+)/),
    "Pod Security": await pinned("go/podsecurity/go.mod", /pod-security-admission v(\S+)/),
  };
  for (const [tool, version] of Object.entries(versions)) expect(measured).toContain(`${tool} ${version}`);
  expect(measured).toMatch(/^\| this detector \| \d+ of \d+ \(\d+ %\) \|/m);
});

test("S3 the documentation has the table of 200 manifests, a row for each group of faults, and what others catch", () => {
  expect(measured).toContain(`one known fault of ${faults.length} kinds`);
  const rows = measured.split("\n").filter((line) => /^\| [^|]+ \| \d+ \| \*{0,2}\d+/.test(line));
  const cells = rows.map((row) => row.split("|").map((cell) => cell.replaceAll("*", "").trim()));
  const groups = [...new Set(faults.map(({ group }) => group))];
  expect(cells.map(([, name]) => name)).toEqual(expect.arrayContaining([...groups, "all"]));
  // What each group says adds up to what all of them say.
  const columns = [2, 3, 4, 5, 6, 7];
  const sum = (column: number) =>
    cells.filter(([, name]) => name !== "all").reduce((total, row) => total + Number(row[column]), 0);
  const all = cells.find(([, name]) => name === "all") ?? [];
  expect(columns.map((column) => Number(all[column]))).toEqual(columns.map(sum));
  expect(all[2]).toBe("200");
  expect(measured).toContain("Not caught by this pack, but by:");
});

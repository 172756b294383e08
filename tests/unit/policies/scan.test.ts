import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Exceptions } from "../../../policies/engine/exceptions.ts";
import { readScanExceptions } from "../../../policies/engine/files.ts";
import { leaksIn, report, scan, scanHistory } from "../../../policies/scan.ts";
import { repository } from "./fixtures.ts";
import { lookalikes, plantedKeys } from "./keys.ts";

const none = () => new Exceptions([], undefined, "2026-11-21");

/** A repository with one file a key and one a lookalike, all of them committed. */
async function checkout() {
  const folder = await mkdtemp(join(tmpdir(), "sophia-scan-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@test", ...args], {
      stdio: "pipe",
    });
  git("init", "-q");
  const keys = plantedKeys();
  for (const [index, { key }] of keys.entries())
    await writeFile(join(folder, `key-${index}.txt`), `# one\n${key}\n`);
  for (const [what, text] of Object.entries(lookalikes())) {
    await writeFile(join(folder, `like-${what.replaceAll(/[^a-z]/gi, "-")}.txt`), text);
  }
  git("add", ".");
  git("commit", "-q", "-m", "All");
  return { folder, git, keys };
}

test("S3 no key is in a tracked file of this repository", () => {
  const today = new Date().toISOString().slice(0, 10);
  const exceptions = new Exceptions(readScanExceptions(["no-hard-coded-keys"], today), undefined, today);
  const { lines, clean } = report(scan(repository), exceptions);
  expect(lines.slice(0, -1)).toEqual([]);
  expect(clean).toBe(true);
});

test("S3 every planted key is found in files, and no lookalike; no key is printed", async () => {
  const { folder, keys } = await checkout();
  const { leaks } = scan(folder);
  for (const [index, { format }] of keys.entries()) {
    const here = leaks.filter(({ file }) => file === `key-${index}.txt`);
    expect(
      here.map((leak) => leak.format),
      `key-${index}`,
    ).toContain(format);
    expect(here[0]?.line).toBe(2);
  }
  expect(leaks.filter(({ file }) => file.startsWith("like-"))).toEqual([]);
  const printed = report(scan(folder), none()).lines.join("\n");
  for (const { key } of keys) {
    for (const piece of key.match(/[A-Za-z0-9]{16,}/g) ?? []) expect(printed).not.toContain(piece);
  }
});

test("S3 a key that was deleted is still found in the history", async () => {
  const { folder, git, keys } = await checkout();
  git("rm", "-q", "key-*.txt");
  git("commit", "-q", "-m", "None");
  expect(scan(folder).leaks).toEqual([]);
  const { leaks } = scanHistory(folder);
  expect(new Set(leaks.map(({ file }) => file)).size).toBe(keys.length);
  expect(leaks.filter(({ file }) => file.startsWith("like-"))).toEqual([]);
});

test("what is let pass is told, and what need not be is a fault", () => {
  const [{ key } = { key: "" }] = plantedKeys();
  const leaks = leaksIn("a.txt", key);
  const exception = {
    rule: "no-hard-coded-keys",
    resource: "a.txt",
    reason: "for this test only, which ends",
    expires: "2027-01-01",
  };
  const used = new Exceptions([exception], undefined, "2026-11-21");
  expect(report({ files: 1, bytes: 9, leaks }, used)).toMatchObject({ keys: 0, clean: true });
  const idle = new Exceptions([exception], undefined, "2026-11-21");
  expect(report({ files: 1, bytes: 9, leaks: [] }, idle).clean).toBe(false);
  expect(report({ files: 1, bytes: 9, leaks }, none())).toMatchObject({ keys: 1, clean: false });
});

test("files that are no text are left alone", () => {
  const [{ key } = { key: "" }] = plantedKeys();
  expect(leaksIn("a.bin", `\0${key}`)).toEqual([]);
});

import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Exceptions } from "../../../policies/engine/exceptions.ts";
import { readScanExceptions } from "../../../policies/engine/files.ts";
import { leaksIn, report, scan, scanHistory } from "../../../policies/scan.ts";
import { repository } from "./fixtures.ts";
import { lookalikes } from "./keys/lookalikes.ts";
import { plantedKeys } from "./keys/planted.ts";
import { genericValue, symbolValue } from "./keys/values.ts";

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

/** What the scan lets pass. That one has ended is told by `node policies/ending.ts`, and by the scan itself. */
const passing = () => {
  const today = new Date().toISOString().slice(0, 10);
  return new Exceptions(readScanExceptions(["no-hard-coded-keys"], today), undefined, "2026-11-21");
};

test("S3 no key is in a tracked file of this repository", () => {
  const { lines, clean } = report(scan(repository), passing());
  expect(lines.slice(0, -1)).toEqual([]);
  expect(clean).toBe(true);
});

test("S3 no key is in the history of this repository, as far as it is here", () => {
  const { lines, keys } = report(scanHistory(repository), passing());
  // A shallow clone needs no exception.
  const said = lines.slice(0, -1).filter((line) => !line.includes("not needed any more"));
  expect([keys, said]).toEqual([0, []]);
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

test("S3 a value that somebody set in a stack file without --secret is found there", async () => {
  const { folder, git } = await checkout();
  const secure = `v1:k7x3:${randomBytes(30).toString("base64")}`;
  for (const [name, set] of Object.entries({
    dev: `sophia-infra:lambdaApiKey: ${genericValue()}`,
    prod: `sophia-infra:sshPrivateKey: '${symbolValue()}'`,
    nested: `sophia-infra:postgres:\n    password: ${genericValue()}`,
    sealed: `sophia-infra:lambdaApiKey:\n    secure: ${secure}`,
  }))
    await writeFile(join(folder, `Pulumi.${name}.yaml`), `config:\n  ${set}\n  sophia-infra:budget: 1\n`);
  git("add", ".");
  const found = scan(folder).leaks.map(({ file }) => file);
  expect(found.filter((file) => file.startsWith("Pulumi."))).toEqual([
    "Pulumi.dev.yaml",
    "Pulumi.nested.yaml",
    "Pulumi.prod.yaml",
  ]);
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
  const read = { files: 1, bytes: 9, seconds: 0, unread: [] };
  const exception = {
    rule: "no-hard-coded-keys",
    resource: `a.txt#${plantedKeys()[0]?.format}`,
    reason: "for this test only, which ends",
    expires: "2027-01-01",
  };
  const used = new Exceptions([exception], undefined, "2026-11-21");
  expect(report({ ...read, leaks }, used)).toMatchObject({ keys: 0, clean: true });
  const idle = new Exceptions([exception], undefined, "2026-11-21");
  expect(report({ ...read, leaks: [] }, idle).clean).toBe(false);
  expect(report({ ...read, leaks }, none())).toMatchObject({ keys: 1, clean: false });
});

test("an optional exception of the scan is missed where its file is, and in the history", () => {
  const exception = {
    rule: "no-hard-coded-keys",
    resource: "old/a.txt#token",
    optional: true,
    reason: "for this test only, which ends",
    expires: "2027-01-01",
  };
  const said = (tracked?: string[]) =>
    report(
      {
        files: 1,
        bytes: 9,
        seconds: 0,
        leaks: [],
        unread: [],
        ...(tracked && { tracked: new Set(tracked) }),
      },
      new Exceptions([exception], undefined, "2026-11-21"),
    );
  expect(said(["new/a.txt"]).clean).toBe(true);
  expect(said(["old/a.txt"]).lines[0]).toContain("old/a.txt#token is not needed any more");
  expect(said().lines[0]).toContain("old/a.txt#token is not needed any more");
});

test("S3 a file that is too large to be searched is named, in files and in the history, and let pass by name only", async () => {
  const { folder, git } = await checkout();
  git("rm", "-q", "key-*.txt");
  await writeFile(join(folder, "large.bin"), Buffer.alloc(5_000_001));
  git("add", ".");
  git("commit", "-q", "-m", "Large");
  const exception = {
    rule: "no-hard-coded-keys",
    resource: "large.bin#size",
    reason: "for this test only, which ends",
    expires: "2027-01-01",
  };
  const clean = { ...scanHistory(folder), leaks: [] };
  for (const found of [scan(folder), clean]) {
    expect(report(found, none())).toMatchObject({ keys: 0, clean: false });
    expect(report(found, none()).lines[0]).toBe(
      "large.bin: larger than 5 MB, so not searched: keep it out of Git",
    );
    expect(report(found, new Exceptions([exception], undefined, "2026-11-21")).clean).toBe(true);
  }
});

test("what is let pass is one name of one file, not the file", () => {
  const text = `first_token: "${genericValue()}"\nsecond_token: "${genericValue()}"\n`;
  const exception = {
    rule: "no-hard-coded-keys",
    resource: "a.txt#first_token",
    reason: "for this test only, which ends",
    expires: "2027-01-01",
  };
  const narrow = new Exceptions([exception], undefined, "2026-11-21");
  const { lines, keys } = report(
    { files: 1, bytes: 9, seconds: 0, unread: [], leaks: leaksIn("a.txt", text) },
    narrow,
  );
  expect(keys).toBe(1);
  expect(lines[0]).toContain("a.txt:2:");
});

test("a report tells files, megabytes and seconds", () => {
  const read = { files: 3, messages: 2, bytes: 1_234_567, seconds: 0.04, leaks: [], unread: [] };
  expect(report(read, none()).lines).toEqual(["3 files, 2 messages, 1.2 MB, 0.0 s: 0 keys, 0 excepted"]);
});

test("S3 a key in the message of a commit or of a tag is found in the history", async () => {
  const { folder, git } = await checkout();
  git("rm", "-q", "key-*.txt");
  git("commit", "-q", "-m", "None");
  const before = scanHistory(folder);
  expect(before.messages).toBe(2);
  const said = before.leaks.length;
  const [{ key } = { key: "" }] = plantedKeys();
  git("commit", "-q", "--allow-empty", "-m", `Try it\n\nwith ${key}`);
  git("tag", "-a", "v1", "-m", `with ${key}`);
  const { leaks, messages } = scanHistory(folder);
  expect(messages).toBe(4);
  expect(leaks.slice(said).map(({ file }) => file.replace(/ \S+$/, ""))).toEqual([
    "message of commit",
    "message of tag",
  ]);
});

test("S3 the command reads the history of a repository and ends with 1 where there is a key", async () => {
  const { folder, git } = await checkout();
  const command = (...args: string[]) =>
    spawnSync(process.execPath, [join(repository, "policies/scan.ts"), ...args], { encoding: "utf8" });
  const found = command(folder, "--history");
  expect(found.status).toBe(1);
  expect(found.stdout).toMatch(/key-0\.txt:2: AWS access key id/);
  expect(found.stderr).toContain("is compromised");
  git("rm", "-q", "key-*.txt");
  git("commit", "-q", "-m", "None");
  const now = command(folder);
  expect(now.status, now.stdout).toBe(0);
  expect(now.stdout).toMatch(/^\d+ files, [\d.]+ MB, [\d.]+ s: 0 keys, 0 excepted\n$/);
  expect(command("--history", folder).status).toBe(1);
  expect(command("--histroy").status).toBe(2);
});

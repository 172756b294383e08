import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { detect } from "../../../policies/detector/detect.ts";
import { Exceptions } from "../../../policies/engine/exceptions.ts";
import { parseScanExceptions } from "../../../policies/engine/files.ts";
import { noHardCodedKeys } from "../../../policies/rules/secrets/noHardCodedKeys.ts";
import { leaksIn, report, scan, scanHistory } from "../../../policies/scan.ts";
import { Draw } from "../../policies/bench/manifests/random.ts";
import { contextOf, exception, resource } from "./fixtures.ts";
import { plantedKeys } from "./keys/planted.ts";
import { alphabets } from "./keys/values.ts";

const [{ key, format } = { key: "", format: "" }] = plantedKeys();
const rule = "no-hard-coded-keys";
const today = "2026-11-21";

/** An empty repository. */
async function checkout() {
  const folder = await mkdtemp(join(tmpdir(), "sophia-scan-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@test", ...args]);
  git("init", "-q");
  return { folder, git };
}

test("S3 keys are found in files of UTF-16, in compressed and in binary files", () => {
  const text = `first line\r\n${key}\r\n`;
  const files = {
    "UTF-16, as PowerShell writes it": Buffer.from(`\ufeff${text}`, "utf16le"),
    "UTF-16, high byte first": Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
    gzip: gzipSync(text),
    "gzip that was cut off": gzipSync(text + randomBytes(400).toString("hex")).subarray(0, -40),
    "a binary with more zeros than text, as a database or an archive has": Buffer.concat([
      Buffer.alloc(1500),
      Buffer.from(text),
      Buffer.alloc(1500),
    ]),
    binary: Buffer.concat([Buffer.from([0, 255, 3]), Buffer.from(text), randomBytes(9)]),
  };
  for (const [what, bytes] of Object.entries(files))
    expect(
      leaksIn("a", bytes).map((leak) => leak.format),
      what,
    ).toEqual([format]);
  expect(leaksIn("a", Buffer.concat([Buffer.from([0, 255]), randomBytes(5000)]))).toEqual([]);
});

test("S3 gzip that unpacks to too much, or is damaged, is searched as far as it goes, and named in any case", async () => {
  const { folder, git } = await checkout();
  const noise = randomBytes(50_000).toString("base64");
  const damaged = gzipSync(`${key}\n${noise}`);
  damaged.writeUInt32LE((damaged.readUInt32LE(damaged.length - 8) ^ 1) >>> 0, damaged.length - 8);
  await writeFile(join(folder, "large.gz"), gzipSync(`${key}\n${"x\n".repeat(3_000_000)}`));
  await writeFile(join(folder, "damaged.gz"), damaged);
  await writeFile(join(folder, "none.gz"), Buffer.from([0x1f, 0x8b, 8, 255, 255, 255]));
  await writeFile(join(folder, "whole.gz"), gzipSync("nothing"));
  git("add", ".");
  git("commit", "-q", "-m", "All");
  const names = ["damaged.gz", "large.gz", "none.gz"];
  const covering = () =>
    new Exceptions(
      names.flatMap((name) =>
        ["size", ...(name === "none.gz" ? [] : [format])].map((what) => exception(rule, `${name}#${what}`)),
      ),
      undefined,
      today,
    );
  for (const found of [scan(folder), scanHistory(folder)]) {
    expect(found.unread.map(({ file }) => file).sort()).toEqual(names);
    expect(found.leaks.map((leak) => `${leak.file} ${leak.format}`).sort()).toEqual([
      `damaged.gz ${format}`,
      `large.gz ${format}`,
    ]);
    const { lines, clean } = report(found, new Exceptions([], undefined, today));
    expect(clean).toBe(false);
    expect(lines.join("\n")).toContain(
      "large.gz: gzip that is damaged or unpacks to more than 5 MB, so not searched to its end",
    );
    const { leaks, ...rest } = found;
    expect(report({ ...rest, leaks }, covering()).clean).toBe(true);
  }
});

test("S3 a key in a command whose words stand in a list is found, in files and in inputs", () => {
  const password = new Draw(5).text(alphabets["letters and digits"], 20);
  for (const words of [
    ["redis-cli", "-a", password, "ping"],
    ["curl", "-H", "Accept: text/plain", "-u", `bob:${password}`, "https://one.test"],
  ]) {
    const list = JSON.stringify(words);
    const lines = `command: [\n${words.map((each) => `  ${JSON.stringify(each)},\n`).join("")}],`;
    for (const text of [`command: ${list}`, `CMD ${list}`, `command: ${list.replaceAll('"', "'")}`, lines])
      expect(
        detect(text).map(({ format: kind }) => kind),
        text.slice(0, 20),
      ).toHaveLength(1);
    const faults = noHardCodedKeys.evaluate(resource({ spec: { command: words } }), contextOf());
    expect(faults.map(({ path }) => path)).toEqual(["spec.command"]);
    expect(JSON.stringify(faults)).not.toContain(password);
    const harmless = words.map((each) => each.replace(password, "$PASSWORD"));
    expect(detect(`command: ${JSON.stringify(harmless)}`)).toEqual([]);
    expect(noHardCodedKeys.evaluate(resource({ command: harmless }), contextOf())).toEqual([]);
  }
});

test("S3 a value in quotes is found also where it holds a backslash, and where it is long", () => {
  const draw = new Draw(5);
  const [short, long] = [14, 600].map((length) => draw.text(alphabets["letters and digits"], length));
  for (const text of [
    `password: '${short}\\X7q'`,
    `password: "X7q\\\\${short}"`,
    `const password = "X7q\\\\${short}";`,
    `api_key = "${long}"`,
  ])
    expect(detect(text), text.slice(0, 30)).toHaveLength(1);
});

test("S3 a link is searched as Git has it: a loop does not end the scan, and what it leads to is not read", async () => {
  const { folder, git } = await checkout();
  await symlink("loop", join(folder, "loop"));
  await symlink(".", join(folder, "here"));
  await symlink("untracked", join(folder, "away"));
  await symlink(key, join(folder, "key"));
  git("add", ".");
  await writeFile(join(folder, "untracked"), key);
  const { leaks, files } = scan(folder);
  expect(leaks.map((leak) => `${leak.file} ${leak.format}`)).toEqual([`key ${format}`]);
  expect(files).toBe(4);
});

test("S3 an exception of the scan is for one name in one file", () => {
  const refused = (resource: string) => () => parseScanExceptions([exception(rule, resource)], [rule], today);
  expect(refused("tests/a.ts#token")()).toHaveLength(1);
  expect(refused("tests/a.ts#a/*b")()).toHaveLength(1);
  for (const resource of ["tests/*", "tests/a.ts", "tests/a.ts#", "#token", "tests/a.ts#token/*"])
    expect(refused(resource), resource).toThrow(/policies\/scan\.yaml cannot be used:[\s\S]*<file>#<name>/);
  expect(() => parseScanExceptions([exception("none", "a#b")], [rule], today)).toThrow(
    "policies/scan.yaml cannot be used:\n  none for a#b: there is no such rule",
  );
  expect(parseScanExceptions(undefined, [], today)).toEqual([]);
});

test("S3 no text makes the search endless", async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, "keys/hostile.ts")],
    { timeout: 580_000, killSignal: "SIGKILL" },
  ).catch((error: { stdout: string }) => error);
  // Where it was ended, the text behind the last one that is named.
  expect(stdout.trim().split("\n").at(-1)).toBe("ended");
}, 600_000);

/**
 * Looks for keys in the repository's tracked files with the detector of the policy pack.
 *
 *   node policies/scan.ts             all tracked files; ends with 1 if there is a key
 *   node policies/scan.ts <folder>    another checkout
 *   node policies/scan.ts --history   every file of every commit of every branch
 *
 * `scan.yaml` holds what is let pass in this repository, with reason and expiry.
 * Prints file, line and kind of key, never the key.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { detect } from "./detector/detect.ts";
import { Exceptions } from "./engine/exceptions.ts";
import { readScanExceptions } from "./engine/files.ts";

export interface Leak {
  file: string;
  line: number;
  format: string;
  /** How it was wrapped: `base64`. */
  inside: string[];
}

/** Larger files are data, no place for a key that somebody typed. Characters. */
const largest = 5_000_000;

/** Keys in one file's text. Pure. */
export function leaksIn(file: string, text: string): Leak[] {
  if (text.includes("\0")) return [];
  return detect(text).map(({ format, at = 0, inside }) => ({
    file,
    line: text.slice(0, at).split("\n").length,
    format,
    inside,
  }));
}

/** Keys in the tracked files of a checkout, as they are on disk. */
export function scan(folder: string): { files: number; bytes: number; leaks: Leak[] } {
  const listed = execFileSync("git", ["-C", folder, "ls-files", "-z"], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const result = { files: 0, bytes: 0, leaks: [] as Leak[] };
  for (const file of listed.split("\0").filter(Boolean)) {
    const path = join(folder, file);
    const found = statSync(path, { throwIfNoEntry: false });
    // Tracked, but deleted or a submodule.
    if (!found?.isFile() || found.size > largest) continue;
    result.files += 1;
    result.bytes += found.size;
    result.leaks.push(...leaksIn(file, readFileSync(path, "utf8")));
  }
  return result;
}

/** Keys in every file of every commit that a checkout knows, each content once, under the first path it had. */
export function scanHistory(folder: string): ReturnType<typeof scan> {
  const git = (args: string[], input = "") =>
    execFileSync("git", ["-C", folder, ...args], { input, maxBuffer: 2 ** 31 - 1 });
  const paths = new Map<string, string>();
  for (const line of git(["rev-list", "--objects", "--all"]).toString().split("\n")) {
    const space = line.indexOf(" ");
    if (space > 0) paths.set(line.slice(0, space), line.slice(space + 1));
  }
  const sizes = git(
    ["cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)"],
    [...paths.keys()].join("\n"),
  );
  const blobs = sizes
    .toString()
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, type, size]) => type === "blob" && Number(size) <= largest);
  const result = { files: 0, bytes: 0, leaks: [] as Leak[] };
  for (let from = 0; from < blobs.length; from += batch) {
    const some = blobs.slice(from, from + batch);
    const all = git(["cat-file", "--batch"], `${some.map(([id]) => id).join("\n")}\n`);
    let at = 0;
    for (const [id = "", , size] of some) {
      const start = all.indexOf("\n", at) + 1;
      at = start + Number(size) + 1;
      result.files += 1;
      result.bytes += Number(size);
      result.leaks.push(...leaksIn(paths.get(id) ?? id, all.subarray(start, at - 1).toString()));
    }
  }
  return result;
}

/** How many contents are read at once. */
const batch = 200;

/** What a scan has to say, after the exceptions. `whole`: an exception that nothing needs is a fault. */
export function report(
  { files, bytes, leaks }: ReturnType<typeof scan>,
  exceptions: Exceptions,
  whole = true,
): { lines: string[]; keys: number; clean: boolean } {
  const left = leaks.filter(({ file }) => !exceptions.covers(rule, file));
  const lines = left.map(
    ({ file, line, format, inside }) =>
      `${file}:${line}: ${format}${inside.length > 0 ? ` inside ${inside.join(", ")}` : ""}`,
  );
  const faults = whole ? exceptions.faults() : [];
  const passed = leaks.length - left.length;
  const sum = `${files} files, ${(bytes / 1e6).toFixed(1)} MB: ${left.length} keys, ${passed} let pass`;
  return { lines: [...lines, ...faults, sum], keys: left.length, clean: left.length + faults.length === 0 };
}

const rule = "no-hard-coded-keys";

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [given] = process.argv.slice(2);
  const history = given === "--history";
  const own = given === undefined || history;
  const folder = own ? join(import.meta.dirname, "..") : given;
  const today = new Date().toISOString().slice(0, 10);
  const excepted = new Exceptions(own ? readScanExceptions([rule], today) : [], undefined, today);
  const said = report(history ? scanHistory(folder) : scan(folder), excepted, !history);
  console.log(said.lines.join("\n"));
  if (said.keys > 0) {
    console.error("A key in a file is burnt: revoke it, put the new one into ESC, and read it from there.");
  }
  process.exitCode = said.clean ? 0 : 1;
}

/**
 * Looks for keys in the repository's tracked files with the detector of the policy pack.
 *
 *   node policies/scan.ts             all tracked files; ends with 1 if there is a key
 *   node policies/scan.ts <folder>    another checkout
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

/** What the scan of a checkout has to say, after the exceptions. */
export function report(
  { files, bytes, leaks }: ReturnType<typeof scan>,
  exceptions: Exceptions,
): { lines: string[]; keys: number; clean: boolean } {
  const left = leaks.filter(({ file }) => !exceptions.covers(rule, file));
  const lines = left.map(
    ({ file, line, format, inside }) =>
      `${file}:${line}: ${format}${inside.length > 0 ? ` inside ${inside.join(", ")}` : ""}`,
  );
  const faults = exceptions.faults();
  const sum = `${files} files, ${(bytes / 1e6).toFixed(1)} MB: ${left.length} keys, ${leaks.length - left.length} let pass`;
  return { lines: [...lines, ...faults, sum], keys: left.length, clean: left.length + faults.length === 0 };
}

const rule = "no-hard-coded-keys";

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [other] = process.argv.slice(2);
  const today = new Date().toISOString().slice(0, 10);
  const excepted = other ? [] : readScanExceptions([rule], today);
  const said = report(
    scan(other ?? join(import.meta.dirname, "..")),
    new Exceptions(excepted, undefined, today),
  );
  console.log(said.lines.join("\n"));
  if (said.keys > 0) {
    console.error("A key in a file is burnt: revoke it, put the new one into ESC, and read it from there.");
  }
  process.exitCode = said.clean ? 0 : 1;
}

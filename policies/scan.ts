/**
 * Looks for keys in the repository's tracked files with the detector of the policy pack.
 *
 *   node policies/scan.ts             all tracked files; ends with 1 if there is a key
 *   node policies/scan.ts <folder>    another checkout
 *
 * Prints file, line and kind of key, never the key.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { detect } from "./detector/detect.ts";

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

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const began = performance.now();
  const { files, bytes, leaks } = scan(process.argv[2] ?? join(import.meta.dirname, ".."));
  for (const { file, line, format, inside } of leaks) {
    console.error(`${file}:${line}: ${format}${inside.length > 0 ? ` inside ${inside.join(", ")}` : ""}`);
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${files} files, ${(bytes / 1e6).toFixed(1)} MB, ${seconds} s: ${leaks.length} keys`);
  if (leaks.length > 0) {
    console.error("A key in a file is burnt: revoke it, put the new one into ESC, and read it from there.");
    process.exitCode = 1;
  }
}

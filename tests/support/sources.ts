import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** Text of each TypeScript file in a folder of the repository that git knows or would add, by its path in the folder. */
export function sourcesIn(folder: string): Map<string, string> {
  const listed = ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts"];
  const files = execFileSync("git", listed, { cwd: folder, encoding: "utf8" }).trim().split("\n");
  const there = files.filter((file) => existsSync(join(folder, file)));
  return new Map(there.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
}

/** Files that a file imports by a relative path, as paths from the same root as its own. */
export function importsOf(file: string, text: string): string[] {
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.{1,2}\/[^"?]+)/g);
  return [...found].map(([, path = ""]) => normalize(join(dirname(file), path)));
}

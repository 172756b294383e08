import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../../tools/repository.ts";

export const read = (file: string): string => readFileSync(join(repository, file), "utf8");

/** Files of the checkout that match git's patterns, those that are not committed yet included. */
export const listed = (...patterns: string[]): string[] =>
  execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", ...patterns], {
    cwd: repository,
    encoding: "utf8",
  })
    .trim()
    .split("\n");

/** Every document that people read; those under `tests/` are fixtures. */
export const documents = listed("*.md").filter((file) => !file.startsWith("tests/"));

/** Targets of the Makefile. */
export const targets = [...read("Makefile").matchAll(/^([a-z-]+):/gm)].map(([, name = ""]) => name);

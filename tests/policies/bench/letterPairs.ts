/**
 * Prints the table of `policies/detector/words.ts`: how unlikely each letter is after another one in words of English
 * prose and of identifiers, in bits. Counts this repository's documents and code and the types of some packages.
 *
 *   node tests/policies/bench/letterPairs.ts
 */
import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../../tools/repository.ts";

const letters = "abcdefghijklmnopqrstuvwxyz";

const tracked = execFileSync("git", ["-C", repository, "ls-files", "*.md", "*.ts", "*.yaml"], {
  encoding: "utf8",
});
const types = [
  "typescript/lib/lib.*.d.ts",
  "@types/node/*.d.ts",
  "@kubernetes/client-node/dist/gen/models/*.d.ts",
];
const files = [
  ...tracked.trim().split("\n"),
  ...types.flatMap((pattern) => globSync(`node_modules/${pattern}`, { cwd: repository })),
];

const counts = new Map<string, number>();
for (const file of files) {
  const words =
    readFileSync(join(repository, file), "utf8").match(/[A-Z]?[a-z]{2,20}|[A-Z]{3,20}(?![a-z])/g) ?? [];
  for (const word of words) counts.set(word.toLowerCase(), (counts.get(word.toLowerCase()) ?? 0) + 1);
}

const pairs = new Map<string, number>();
for (const [word, count] of counts) {
  // Rare words count for more than their share: names are made of them, and of `the` and `of` they are not.
  for (let at = 0; at < word.length; at += 1) {
    const pair = (word[at - 1] ?? " ") + word[at];
    pairs.set(pair, (pairs.get(pair) ?? 0) + Math.sqrt(count));
  }
}

for (const before of ` ${letters}`) {
  const row = [...letters].map((letter) => (pairs.get(before + letter) ?? 0) + 0.5);
  const sum = row.reduce((total, each) => total + each, 0);
  const bits = row.map((each) => Math.min(9, Math.round(-Math.log2(each / sum))));
  process.stdout.write(`  "${bits.join("")}", // ${before === " " ? "first letter" : before}\n`);
}

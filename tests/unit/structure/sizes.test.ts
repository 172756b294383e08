import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../../../tools/repository.ts";
import { listed } from "../docs/documents.ts";

const most = 250;

/** What programs write: documents, lock files, golden files and recorded logs. */
const generated = [
  "docs/mcp/servers.json",
  "docs/settings.md",
  "esc/uses.yaml",
  /(?:^|\/)(?:package-lock\.json|go\.(?:mod|sum))$/,
  /^tests\/fixtures\/delivery\/.+\.(?:jsonl|md)$/,
  /\.golden$/,
];

/** Of files by path and text, those that are longer than people read at once. Pure. */
const tooLong = (texts: ReadonlyMap<string, string>): string[] =>
  [...texts]
    .filter(([file]) => !generated.some((one) => (typeof one === "string" ? one === file : one.test(file))))
    .map(([file, text]) => ({ file, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > most)
    .map(({ file, lines }) => `${file} has ${lines} lines, ${most} at most: split it by what it is about`);

test("no file that people write is longer than 250 lines", () => {
  const there = listed().filter((file) => existsSync(join(repository, file)));
  expect(there.length).toBeGreaterThan(1000);
  expect(tooLong(new Map(there.map((file) => [file, readFileSync(join(repository, file), "utf8")])))).toEqual(
    [],
  );
});

test("a line more than that is found, but in what a program wrote", () => {
  const text = "line\n".repeat(251);
  expect(tooLong(new Map([["k3s/cluster.ts", text]]))).toEqual([
    "k3s/cluster.ts has 251 lines, 250 at most: split it by what it is about",
  ]);
  const files = ["k3s/a.ts", "data/package-lock.json", "go.sum", "docs/settings.md"];
  expect(tooLong(new Map(files.map((file, at) => [file, at === 0 ? text.slice(5) : text])))).toEqual([]);
});

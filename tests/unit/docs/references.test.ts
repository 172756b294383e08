import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../../../tools/repository.ts";
import config from "../../../vitest.config.ts";
import { documents, listed, read, targets } from "./documents.ts";

/** Text that is code: blocks, and spans between backticks. Pure. */
function codeIn(text: string): string[] {
  const blocks = [...text.matchAll(/^```.*\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block);
  const prose = text.replace(/^```[\s\S]*?^```/gm, "");
  return [...blocks, ...[...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span)];
}

/** GitHub's anchor of a heading. Pure. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[`*]|\]\([^)]*\)|\[/g, "")
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .trim()
    .replace(/ /g, "-");

const faults = (check: (file: string, text: string) => string[]): string[] =>
  documents.flatMap((file) => check(file, read(file)).map((fault) => `${file}: ${fault}`));

test("no document has a placeholder", () => {
  expect(documents.length).toBeGreaterThan(40);
  expect(faults((_, text) => text.match(/@@|\bTODO\b|\bTBD\b/g) ?? [])).toEqual([]);
});

test("documents name make targets that exist", () => {
  expect(
    faults((_, text) =>
      codeIn(text)
        .flatMap((code) => [...code.matchAll(/(?:^|[\s=;&])make(?: -s)? ([a-z][a-z-]*)(?![\w/.-])/g)])
        .flatMap(([, target = ""]) => (targets.includes(target) ? [] : [`make ${target}`])),
    ),
  ).toEqual([]);
});

test("messages and comments in the code name make targets that exist", () => {
  const unknown = listed("*.ts", "*.yml", "*.yaml").flatMap((file) =>
    [...read(file).matchAll(/`make(?: -s)? ([a-z][a-z-]*)/g)].flatMap(([, target = ""]) =>
      targets.includes(target) ? [] : [`${file}: make ${target}`],
    ),
  );
  expect(unknown).toEqual([]);
});

test("documents name files and folders that exist", () => {
  const roots = new Set(listed("*/*").map((file) => file.split("/")[0]));
  // `mcp/redis` and `tools/list` are names of other things.
  const isPath = (word: string) => /\.[a-z]+$|\/.*\/|^(?:docs|tests)\//.test(word);
  const paths = (text: string) =>
    codeIn(text)
      .flatMap((code) => code.split(/[\s:"'(),;]+/))
      .map((word) => word.replace(/\.$/, ""))
      .filter(
        (word) => /^[\w.-]+\/[\w./-]+$/.test(word) && roots.has(word.split("/")[0] ?? "") && isPath(word),
      );
  const missing = (file: string, text: string) =>
    paths(text).filter(
      (path) => ![repository, dirname(join(repository, file))].some((base) => existsSync(join(base, path))),
    );
  expect(documents.flatMap((file) => paths(read(file))).length).toBeGreaterThan(100);
  expect(faults(missing)).toEqual([]);
});

test("documents link to files and headings that exist", () => {
  expect(
    faults((file, text) =>
      [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
        if (/^[a-z]+:/.test(link)) return [];
        const [path = "", anchor] = link.split("#");
        const target = path === "" ? file : normalize(join(dirname(file), path));
        if (!existsSync(join(repository, target))) return [`no file ${link}`];
        if (anchor === undefined) return [];
        const headings = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
          anchorOf(heading),
        );
        return headings.includes(anchor) ? [] : [`no heading ${link}`];
      }),
    ),
  ).toEqual([]);
});

test("documents name vitest projects that exist", () => {
  const projects = (config.test?.projects ?? []).map((each) =>
    typeof each === "object" && "test" in each ? each.test?.name : undefined,
  );
  expect(projects).toContain("unit");
  expect(
    faults((_, text) =>
      [...text.matchAll(/--project=(\w+)/g)].flatMap(([, name]) =>
        projects.includes(name) ? [] : [`${name}`],
      ),
    ),
  ).toEqual([]);
});

test("every document is linked from another", () => {
  const linked = new Set(
    documents.flatMap((file) =>
      [...read(file).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
        .map(([, path = ""]) => normalize(join(dirname(file), path)))
        .filter((target) => target !== file),
    ),
  );
  // What GitHub shows by itself.
  const known = ["README.md", ".github/pull_request_template.md"];
  expect(documents.filter((file) => !linked.has(file) && !known.includes(file))).toEqual([]);
});

test("architecture.md says of every folder what it owns", () => {
  const page = read("docs/architecture.md");
  const folders = new Set(
    listed("*/*")
      .map((file) => file.split("/")[0] ?? "")
      .filter((folder) => !folder.startsWith(".")),
  );
  expect(folders.size).toBeGreaterThan(10);
  expect([...folders].filter((folder) => !page.includes(`\n| \`${folder}\` | `))).toEqual([]);
});

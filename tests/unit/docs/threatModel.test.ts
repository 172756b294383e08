import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { flows } from "../../../components/network/flows.ts";
import { flowTable } from "../../support/flowTable.ts";

const docs = join(import.meta.dirname, "../../../docs");
const read = (name: string) => readFileSync(join(docs, name), "utf8");

test("S4 the threat model names every flow that the network policies let through, and no other", () => {
  expect(read("threat-model.md")).toContain(flowTable(flows));
});

test("O3 every runbook says when, what to check, what to do, how to see that it worked, and how to undo it", () => {
  const books = readdirSync(join(docs, "runbooks")).filter((name) => name !== "README.md");
  const wanted = ["deploy", "destroy", "leak", "replace-a-node", "restore", "roll-back", "rotate", "upgrade"];
  expect(books).toEqual(expect.arrayContaining(wanted.map((name) => `${name}.md`)));
  const index = read("runbooks/README.md");
  for (const name of wanted) {
    const text = read(`runbooks/${name}.md`);
    for (const part of ["When", "Check first", "Steps", "It worked when", "Undo", "Tried"])
      expect(text, name).toMatch(new RegExp(`^## ${part}$`, "m"));
    expect(index).toContain(`](${name}.md)`);
  }
});

test("O3 no document has a gap that was to be filled, and every runbook says what was tried", () => {
  const documents = readdirSync(docs, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".md"),
  );
  expect(documents.length).toBeGreaterThan(30);
  for (const name of documents) {
    const text = read(name);
    expect(text, name).not.toMatch(/@@|\bTODO\b|\bTBD\b/);
    if (!name.startsWith("runbooks/") || name.endsWith("README.md")) continue;
    const [, tried = ""] = text.split(/^## Tried$/m);
    expect(tried.replace(/^## .*/ms, "").trim(), name).toMatch(/\w+ \w+/);
  }
});

test("runbooks name make targets, files and commands that exist", () => {
  const root = join(docs, "..");
  const targets = [...readFileSync(join(root, "Makefile"), "utf8").matchAll(/^([a-z-]+):/gm)].map(
    ([, name]) => name,
  );
  const books = readdirSync(join(docs, "runbooks"), { recursive: true, encoding: "utf8" });
  for (const name of books.filter((book) => book.endsWith(".md"))) {
    const text = read(`runbooks/${name}`);
    for (const [, target] of text.matchAll(/\bmake(?: -s)? ([a-z-]+)/g))
      expect(targets, name).toContain(target);
    for (const [, file] of text.matchAll(/\bnode ([a-z]+\/[\w/.-]+\.ts)/g))
      expect(() => readFileSync(join(root, file ?? "")), `${name}: ${file}`).not.toThrow();
    for (const [, link] of text.matchAll(/\]\(([^)#:]+)\)/g))
      expect(
        () => readFileSync(join(docs, "runbooks", name, "..", link ?? "")),
        `${name}: ${link}`,
      ).not.toThrow();
  }
});

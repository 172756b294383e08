import { expect, test } from "vitest";
import { documents, read } from "./documents.ts";

const folder = "docs/runbooks/";
const books = documents.filter((file) => file.startsWith(folder) && !/\/(README|evidence)\.md$/.test(file));

test("O3 every runbook says when, what to check, what to do, how to see that it worked, and how to undo it", () => {
  const wanted = ["deploy", "destroy", "leak", "replace-a-node", "restore", "roll-back", "rotate", "upgrade"];
  const index = read(`${folder}README.md`);
  for (const name of wanted) {
    const text = read(`${folder}${name}.md`);
    for (const part of ["When", "Check first", "Steps", "It worked when", "Undo"])
      expect(text, name).toMatch(new RegExp(`^## ${part}$`, "m"));
  }
  for (const book of books) expect(index).toContain(`](${book.slice(folder.length)})`);
});

test("O3 one page says for every runbook what was tested", () => {
  const evidence = read(`${folder}evidence.md`);
  for (const book of books) {
    const row = evidence.split("\n").find((line) => line.includes(`](${book.slice(folder.length)})`)) ?? "";
    expect(row.split("|")[2] ?? "", book).toMatch(/\w+ \w+/);
    expect(read(book), book).not.toMatch(/^## Tried$/m);
  }
});

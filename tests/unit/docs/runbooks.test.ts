import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../../../tools/repository.ts";
import { alertFiles, alertRules } from "../../support/alertRules.ts";
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

test("O3 a runbook of a running stack names no command that reads the lab alone, and says how to reach the stack", () => {
  const section = "README.md#look-into-a-running-stack";
  expect(read(`${folder}README.md`)).toMatch(/^## Look into a running stack$/m);
  for (const book of books) {
    const text = read(book);
    for (const [sentence] of text.matchAll(/[^.;:\n]*`make (?:-s )?(?:status|logs)\b.*/g))
      expect(sentence, book).toMatch(/[Ii]n the lab `make (status|logs)/);
    // Beside what is run on a host.
    if (/(?<!sudo k3s )kubectl -n|^```sql|`SELECT [^`]*FROM/m.test(text))
      expect(text, book).toContain(section);
  }
});

test("O3 no runbook has a plain `pulumi up`, which asks no policy and no guard, and which the next deployment undoes", () => {
  const plain = (text: string) => /`pulumi up\b(?![^`]*--policy-pack)/.test(text);
  expect(plain("raise it and `pulumi up`")).toBe(true);
  // Deploy is the page that says why not.
  expect(books.filter((book) => !book.endsWith("/deploy.md") && plain(read(book)))).toEqual([]);
});

test.each(alertFiles)(
  "O3 every alert of %s has a severity, a sentence, and a runbook that names it",
  (file) => {
    const index = read(`${folder}README.md`);
    for (const { alert, labels, annotations } of alertRules(file)) {
      expect(["warning", "critical"], alert).toContain(labels.severity);
      expect(annotations.summary.length, alert).toBeGreaterThan(10);
      expect(books, alert).toContain(annotations.runbook_url);
      const text = read(annotations.runbook_url);
      expect(text).toContain(`\`${alert}\``);
      for (const part of ["When", "Check first", "Steps", "It worked when", "Undo"])
        expect(text, alert).toMatch(new RegExp(`^## ${part}$`, "m"));
      expect(index).toContain(`\`${alert}\``);
    }
  },
);

test("O3 no file with alerts is forgotten", () => {
  const listed = execFileSync("git", ["ls-files", "*.yaml"], { cwd: repository, encoding: "utf8" });
  const found = listed
    .trim()
    .split("\n")
    .filter((file) => existsSync(join(repository, file)) && /^ *- alert: /m.test(read(file)));
  expect(found.sort()).toEqual([...alertFiles].sort());
});

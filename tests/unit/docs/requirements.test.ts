import { expect, test } from "vitest";
import { listed as files, read } from "./documents.ts";

const code = /[LHKDNWMPSOC][1-9]/;

/** Codes at the beginning of test titles, and of texts that titles are made of: `S1 M2 …`. Pure. */
function codesIn(text: string): Set<string> {
  const titles = text.matchAll(/["'`]((?:[LHKDNWMPSOC][1-9] )+)/g);
  return new Set([...titles].flatMap(([, codes = ""]) => codes.trim().split(" ")));
}

interface Requirement {
  sentence: string;
  tests: string[];
  notBuilt: string;
}

/** Rows of the page's tables: `| L5 | sentence | paths | not built |`. Pure. */
function requirementsIn(page: string): Map<string, Requirement> {
  const found = new Map<string, Requirement>();
  for (const line of page.split("\n")) {
    const [, id = "", sentence = "", tests = "", notBuilt = ""] = line.split("|").map((cell) => cell.trim());
    if (!new RegExp(`^${code.source}$`).test(id)) continue;
    if (found.has(id)) throw new Error(`${id} is listed twice`);
    found.set(id, {
      sentence,
      tests: [...tests.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path),
      notBuilt,
    });
  }
  return found;
}

const listed = requirementsIn(read("docs/requirements.md"));
const named = new Map(files("tests/*.ts").map((file) => [file, codesIn(read(file))]));

test("every requirement that a test names is on the requirements' page", () => {
  const unlisted = [...named].flatMap(([file, codes]) =>
    [...codes].filter((each) => !listed.has(each)).map((each) => `${file}: ${each}`),
  );
  expect(unlisted).toEqual([]);
});

test("every requirement is a sentence, and is proven by tests that name it or says why not", () => {
  expect(listed.size).toBeGreaterThan(50);
  for (const [id, { sentence, tests, notBuilt }] of listed) {
    expect(sentence, id).toMatch(/^[A-Z`].* .*\.$/);
    for (const path of tests) {
      const inside = [...named].filter(([file]) => file === path || file.startsWith(`${path}/`));
      expect(
        inside.some(([, codes]) => codes.has(id)),
        `${id}: no test in ${path} names it`,
      ).toBe(true);
    }
    const isNamed = [...named.values()].some((codes) => codes.has(id));
    if (isNamed) expect(tests, `${id}: its tests are to be listed`).not.toEqual([]);
    else expect(notBuilt, `${id}: no test names it`).toMatch(/^not (built|tested)/);
  }
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import dockerignore from "@balena/dockerignore";
import { expect, test } from "vitest";
import { repository } from "../../../tools/repository.ts";
import { importsOf, sourcesIn } from "../../support/sources.ts";

/** Without the imports that are gone when the types are taken out. */
const asRun = (text: string): string => text.replaceAll(/^(?:import|export)\s+type\b[^;]*;/gm, "");

/** What files import that is not among them. Pure. */
function missingIn(texts: ReadonlyMap<string, string>): string[] {
  return [...texts].flatMap(([file, text]) =>
    importsOf(file, asRun(text)).flatMap((path) => (texts.has(path) ? [] : [`${file} imports ${path}`])),
  );
}

/** The programs' files that an image is built from. */
function sent(context: string): Map<string, string> {
  const folder = join(repository, context);
  const rules = dockerignore.default().add(readFileSync(join(folder, ".dockerignore"), "utf8"));
  return new Map([...sourcesIn(folder)].filter(([file]) => !rules.ignores(file)));
}

test.each([".", "data", "images/monitoring"])(
  "W4 an image built from %s has all that its programs import",
  (context) => {
    const texts = sent(context);
    expect(texts.size).toBeGreaterThan(5);
    expect(missingIn(texts)).toEqual([]);
  },
);

test("a file that is imported and not sent is missed, unless only for its types", () => {
  const of = (text: string) => missingIn(new Map([["quality/a.ts", text]]));
  expect(of('import {\n  b,\n} from "../estuary/b.ts";')).toEqual(["quality/a.ts imports estuary/b.ts"]);
  expect(of('export { b } from "./b.ts";')).toEqual(["quality/a.ts imports quality/b.ts"]);
  expect(of('const b = await import("./b.ts");')).toEqual(["quality/a.ts imports quality/b.ts"]);
  expect(of('import type { B } from "../estuary/b.ts";')).toEqual([]);
});

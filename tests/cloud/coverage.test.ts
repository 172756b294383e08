import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { coverageTable } from "../../lab/cloud/coverage.ts";

test("the README's table of operations is what the emulator has: node lab/cloud/coverage.ts prints it", () => {
  const readme = readFileSync(new URL("../../lab/cloud/README.md", import.meta.url), "utf8");
  const table = /<!-- coverage -->\s*([\s\S]*?)\s*<!-- \/coverage -->/.exec(readme)?.[1] ?? "";
  // The formatter pads cells.
  const cells = (text: string) =>
    text.split("\n").map((row) => row.replace(/-+/g, "-").replace(/ *\| */g, "|"));
  expect(cells(table)).toEqual(cells(coverageTable()));
});

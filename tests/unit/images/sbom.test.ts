import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { bomOf } from "../../../images/base/lib/sbom.ts";
import { repository } from "../../../lab/lab.ts";

test("W4 the bill of materials names what the lock file names, and is the same each time", () => {
  const folder = join(repository, "mcp/servers");
  const bom = bomOf(folder);
  const purls = (bom.components as { purl: string }[]).map(({ purl }) => purl);
  expect(purls).toContain("pkg:npm/zod@4.6.7");
  expect(purls).toContain("pkg:npm/%40modelcontextprotocol/server@2.4.0");
  expect(bom.bomFormat).toBe("CycloneDX");
  expect(bomOf(folder)).toEqual(bom);
});

test("a folder without a lock file is refused in npm's words", () => {
  const empty = mkdtempSync(join(tmpdir(), "sbom-"));
  onTestFinished(() => rmSync(empty, { recursive: true }));
  expect(() => bomOf(empty)).toThrow(/npm sbom in .* ended with 1/);
});

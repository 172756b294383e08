import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { bomOf, systemBomOf } from "../../../images/base/lib/sbom.ts";
import { repository } from "../../../tools/repository.ts";

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

/** As dpkg writes it: one package of its own source, one of another, one that was removed. */
const status = `Package: zlib1g
Status: install ok installed
Architecture: amd64
Source: zlib
Version: 1:1.2.13.dfsg-1
Description: compression library
 Package: not a field

Package: base-files
Status: install ok installed
Architecture: all
Version: 12.4+deb12u12

Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc (2.36-9)
Version: 2.36-9+b1

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
`;

test("W4 the bill of the base image names Debian's installed packages, with their sources, and Node.js", () => {
  const root = mkdtempSync(join(tmpdir(), "sbom-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "var/lib/dpkg"), { recursive: true });
  mkdirSync(join(root, "usr/lib"), { recursive: true });
  writeFileSync(join(root, "var/lib/dpkg/status"), status);
  writeFileSync(join(root, "usr/lib/os-release"), 'NAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n');
  const bom = systemBomOf(root, "24.21.0");
  expect(bom.components.map(({ purl }) => purl)).toEqual([
    "pkg:deb/debian/base-files@12.4%2Bdeb12u12?arch=all&distro=debian-12",
    "pkg:deb/debian/libc6@2.36-9%2Bb1?arch=amd64&distro=debian-12&upstream=glibc%402.36-9",
    "pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1?arch=amd64&distro=debian-12&upstream=zlib%401%3A1.2.13.dfsg-1",
    "pkg:generic/node@24.21.0",
  ]);
  expect(systemBomOf(root, "24.21.0")).toEqual(bom);
  writeFileSync(join(root, "var/lib/dpkg/status"), "");
  expect(() => systemBomOf(root)).toThrow("names no installed package");
});

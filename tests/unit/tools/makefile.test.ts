import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../../../tools/exec.ts";
import { repository } from "../../../tools/repository.ts";

/** A checkout with the Makefile only, whose Node prints how it was called. */
function checkoutAt(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), name));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  copyFileSync(join(repository, "Makefile"), join(folder, "Makefile"));
  const put = (file: string, text = "") => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text, { mode: 0o755 });
  };
  for (const part of ["", "mcp/servers/", "data/"]) put(`${part}package-lock.json`);
  put("node_modules/.bin/node", `#!/bin/sh\necho "$NODE_COMPILE_CACHE"\nfor each; do echo "$each"; done\n`);
  put("node_modules/.ready");
  return folder;
}

test("the commands work in a checkout whose path has spaces", async () => {
  const folder = checkoutAt("two words ");
  const called = async (...args: string[]) =>
    (await run("make", ["--no-print-directory", ...args], { cwd: folder })).stdout.trim().split("\n");
  const cache = join(folder, ".lab/node-compile-cache");
  expect(await called("status", "JSON=1")).toEqual([cache, "lab/cli.ts", "status", "--json"]);
  expect(await called("preview", "STACK=dev", "COMMENT=my plan.md")).toEqual([
    cache,
    "lab/cli.ts",
    "preview",
    "dev",
    "--comment=my plan.md",
  ]);
  const written = await called("dashboards", "STACK=prod", "TO=my files");
  expect(written.slice(-3)).toEqual(["lab/dashboards/main.ts", "prod", "--to=my files"]);
  expect((await called("test", "PART=unit cloud")).slice(-3)).toEqual(["tests/run.ts", "unit", "cloud"]);
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../../../tools/exec.ts";
import { repository } from "../../../tools/repository.ts";

test("W4 a misspelt `--check` is refused, and writes no digests", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pin-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "Pulumi.trial.yaml");
  const pin = (...args: string[]) =>
    run(process.execPath, [join(repository, "images/pin/main.ts"), ...args, file], { allowFailure: true });
  writeFileSync(file, "config: {}\n");
  const { code, stderr } = await pin("--chek");
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("Unknown option '--chek'") });
  expect(readFileSync(file, "utf8")).toBe("config: {}\n");
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { files, labOf } from "../../../../lab/lab.ts";
import { run } from "../../../../tools/exec.ts";
import { repository } from "../../../../tools/repository.ts";

test("a log can be read by a program that ends before the log does", async () => {
  const root = mkdtempSync(join(tmpdir(), "lab-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const lab = labOf({ LAB: "long", LAB_ROOT: root });
  mkdirSync(lab.folder);
  writeFileSync(files(lab).upLog, "first\n".repeat(500_000));
  const command = 'set -o pipefail; "$0" lab/cli.ts logs | head -n 1';
  const { stdout, stderr } = await run("bash", ["-c", command, process.execPath], {
    env: { LAB: lab.name, LAB_ROOT: root },
    cwd: repository,
  });
  expect({ stdout, stderr }).toEqual({ stdout: "first\n", stderr: "" });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { hadolint } from "../../../images/lint/artefact.ts";
import { labOf } from "../../../lab/lab.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import { run } from "../../../tools/exec.ts";
import { repository } from "../../../tools/repository.ts";
import { families } from "./families.ts";

/** The linter, or why it cannot be had here. */
const found: { binary: string } | { because: string } = await obtain([hadolint], {
  cache: labOf().cache,
}).then(
  (folders) => ({ binary: join(folders.get(hadolint.name) ?? "", "bin/hadolint") }),
  (error: Error) => ({ because: error.message }),
);

const lint = async (binary: string, files: string[]) => {
  const config = join(repository, "images/lint/hadolint.yaml");
  const { code, stdout } = await run(binary, ["--config", config, ...files], { allowFailure: true });
  return { code, stdout };
};

test("W4 hadolint finds nothing in the Dockerfiles", async ({ skip }) => {
  // In CI it has to be there.
  if ("because" in found) return process.env.CI === "true" ? expect.fail(found.because) : skip(found.because);
  const { code, stdout } = await lint(
    found.binary,
    families.map((family) => join(repository, "images", family, "Dockerfile")),
  );
  expect(stdout).toBe("");
  expect(code).toBe(0);
});

test("hadolint finds what is wrong in one", async ({ skip }) => {
  if ("because" in found) return process.env.CI === "true" ? expect.fail(found.because) : skip(found.because);
  const folder = mkdtempSync(join(tmpdir(), "hadolint-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "Dockerfile");
  writeFileSync(file, "FROM debian:latest\nADD . /x\nRUN cd /x && sudo ls\nUSER root\n");
  const { code, stdout } = await lint(found.binary, [file]);
  expect(code).not.toBe(0);
  for (const rule of ["DL3007", "DL3003", "DL3004", "DL3002"]) expect(stdout).toContain(rule);
});

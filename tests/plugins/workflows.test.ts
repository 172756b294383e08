import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { judge, tools } from "../../delivery/lint/tools.ts";
import { run } from "../../tools/exec.ts";
import { repository } from "../../tools/repository.ts";

/** A workflow as it must not be: each tool has something to say. */
const bad = `name: Bad
on: { pull_request_target: {} }
jobs:
  one:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v7
      - run: echo "\${{ github.event.pull_request.title }}"
      - run: echo "\${{ matrix.none }}"
`;

describe.each(tools)("C1 the workflows, checked by $artefact.name", (tool) => {
  test("have no fault", async ({ skip }) => {
    const verdict = await judge(tool);
    if (verdict.kind === "missing") skip(`${verdict.tool} cannot be installed here: ${verdict.because}`);
    expect(verdict).toEqual({ tool: tool.artefact.name, kind: "clean" });
  });

  test("would fail with a fault in them", async ({ skip }) => {
    const folder = await mkdtemp(join(tmpdir(), "sophia-workflows-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await run("git", ["init", "-q"], { cwd: folder });
    await cp(join(repository, ".github"), join(folder, ".github"), { recursive: true });
    const copied = await judge(tool, folder);
    if (copied.kind === "missing") skip(`${copied.tool} cannot be installed here: ${copied.because}`);
    expect(copied.kind).toBe("clean");
    await writeFile(join(folder, ".github", "workflows", "bad.yml"), bad);
    expect(await judge(tool, folder)).toMatchObject({
      kind: "faults",
      output: expect.stringContaining("bad.yml"),
    });
  });

  // The other one knows nothing of inputs.
  if (tool.artefact.name !== "actionlint") return;
  test("a misspelt input of one of our own workflows is a fault", async ({ skip }) => {
    const folder = await mkdtemp(join(tmpdir(), "sophia-workflows-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await run("git", ["init", "-q"], { cwd: folder });
    await cp(join(repository, ".github"), join(folder, ".github"), { recursive: true });
    const file = join(folder, ".github", "workflows", "part.yml");
    await writeFile(file, (await readFile(file, "utf8")).replace("      only:", "      onyl:"));
    const verdict = await judge(tool, folder);
    if (verdict.kind === "missing") skip(`${verdict.tool} cannot be installed here: ${verdict.because}`);
    expect(verdict).toMatchObject({ kind: "faults", output: expect.stringContaining("onyl") });
  });
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { isAtLeast, prerequisites } from "../../../../lab/commands/preflight/programs.ts";
import { run } from "../../../../tools/exec.ts";
import { repository } from "../../../../tools/repository.ts";
import { type Step, text } from "./workflows.ts";

test("C1 the Go that is installed builds every module here, and is no older than the lab wants", async () => {
  const { stdout } = await run("git", ["ls-files", "*go.mod"], { cwd: repository });
  const modules = stdout.trim().split("\n");
  const goOf = async (file: string) => {
    const version = /^go ([\d.]+)$/m.exec(await readFile(join(repository, file), "utf8"))?.[1];
    if (!version) throw new Error(`${file} has no line "go <version>"`);
    return version;
  };
  const setup = parse(await text("actions/setup/action.yml")) as { runs: { steps: Step[] } };
  const file = setup.runs.steps.map(({ with: given }) => given?.["go-version-file"]).find(Boolean);
  const installed = await goOf(String(file));
  const wanted = await Promise.all(modules.map(async (module) => ({ module, version: await goOf(module) })));
  expect(wanted.length).toBeGreaterThan(5);
  expect(wanted.filter(({ version }) => !isAtLeast(installed, version))).toEqual([]);
  const least = prerequisites.find(({ program }) => program === "go")?.least?.version ?? "";
  expect(isAtLeast(installed, least)).toBe(true);
});

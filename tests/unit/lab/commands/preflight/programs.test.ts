import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  ensurePrograms,
  isAtLeast,
  missingPrograms,
  prerequisites,
} from "../../../../../lab/commands/preflight/programs.ts";
import { run } from "../../../../../tools/exec.ts";
import { repository } from "../../../../../tools/repository.ts";

describe("programs", () => {
  const folder = () => {
    const made = mkdtempSync(join(tmpdir(), "programs-"));
    onTestFinished(() => rmSync(made, { recursive: true }));
    return made;
  };
  const wanted = [
    {
      program: "thing",
      why: "does things",
      fix: "apt-get install thing",
      least: { version: "1.10.2", ask: [] },
    },
  ];

  test("one that is missing is told with the command that brings it", async () => {
    expect(await missingPrograms(folder(), true, wanted)).toEqual([
      "thing is missing (it does things): apt-get install thing",
    ]);
    expect((await missingPrograms(folder())).join("\n")).toMatch(
      /openssl is missing.*apt-get install openssl/,
    );
  });

  test.each([
    ["thing go1.9.9", ["thing 1.9.9 is too old, 1.10.2 or newer is needed: apt-get install thing"]],
    ["thing go1.10.2", []],
    ["thing devel", []],
  ])("%s", async (said, lacks) => {
    const path = folder();
    writeFileSync(join(path, "thing"), `#!/bin/sh\necho '${said}'\n`);
    chmodSync(join(path, "thing"), 0o755);
    expect(await missingPrograms(path, true, wanted)).toEqual(lacks);
  });

  test("one that is a package is installed where this user may, and what is still missing is told", async () => {
    const path = folder();
    const packaged = {
      program: "tool",
      why: "shapes things",
      fix: "apt-get install tools",
      package: "tools",
    };
    const unpackaged = { program: "other", why: "does the rest", fix: "see example.org" };
    const asked: string[][] = [];
    const install = async (names: string[]) => {
      asked.push(names);
      writeFileSync(join(path, "tool"), "#!/bin/sh\n", { mode: 0o755 });
    };
    await expect(ensurePrograms(path, [packaged])).rejects.toThrow("apt-get install tools");
    await expect(ensurePrograms(path, [packaged, unpackaged], install)).rejects.toThrow(
      "this machine lacks programs that the lab needs:\n  other is missing (it does the rest): see example.org",
    );
    await ensurePrograms(path, [packaged], install);
    expect(asked).toEqual([["tools"]]);
  });

  test("versions are compared number by number", () => {
    expect(isAtLeast("1.26", "1.26.4")).toBe(false);
    expect(isAtLeast("1.27", "1.26.4")).toBe(true);
    expect(isAtLeast("2.0.0", "1.26.4")).toBe(true);
  });

  test("the least Go is the newest that one of our modules asks for", async () => {
    expect(prerequisites.find(({ program }) => program === "go")?.least?.version).toBe(await newestGo());
  });
});

/** The newest `go` line of the modules that `make up` builds. */
async function newestGo(): Promise<string> {
  const { stdout } = await run("git", ["ls-files", "lab/**/go.mod"], { cwd: repository });
  const lines = stdout
    .trim()
    .split("\n")
    .map((file) => readFileSync(join(repository, file), "utf8"));
  const versions = lines.flatMap((mod) => /^go (\S+)$/m.exec(mod)?.[1] ?? []);
  return versions.reduce((most, version) => (isAtLeast(version, most) ? version : most), "0");
}

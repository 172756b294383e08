import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { repository } from "../../../tools/repository.ts";

const setup = join(repository, "tests/support/temporary.setup.ts");

test("this run has a folder of its own for temporary files", () => {
  expect(basename(tmpdir())).toMatch(/^sophia-test-/);
});

// One that ends by itself, one that is ended, and one whose terminal is closed. What vitest does on SIGTERM is done here too.
const ends = { itself: undefined, SIGTERM: "SIGTERM", SIGHUP: "SIGHUP" } as const;

test.each(Object.entries(ends))("a run that ends by %s leaves no temporary file", async (_, signal) => {
  const around = mkdtempSync(join(tmpdir(), "around-"));
  onTestFinished(() => rmSync(around, { recursive: true, force: true }));
  const code = [
    `const { default: setup } = await import(${JSON.stringify(setup)}); setup();`,
    'process.once("SIGTERM", () => process.exit(143));',
    'await import("node:fs/promises").then(({ writeFile }) => writeFile(process.env.TMPDIR + "/left", ""));',
    "console.log(process.env.TMPDIR);",
    signal ? "setInterval(() => {}, 1000);" : "",
  ].join("\n");
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    env: { ...process.env, TMPDIR: around },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const [folder] = (await once(createInterface(child.stdout), "line")) as [string];
  expect(folder.startsWith(`${around}/sophia-test-`)).toBe(true);
  if (signal) {
    expect(existsSync(join(folder, "left"))).toBe(true);
    child.kill(signal);
  }
  await ended;
  expect(readdirSync(around)).toEqual([]);
});

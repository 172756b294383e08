import { lstat, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { install, installed } from "../../../../delivery/stack/checkout.ts";
import { repository } from "../../../../tools/repository.ts";

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "sophia-checkout-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

describe("C1 packages of a roll-back", () => {
  test("are those of the checkout where the lock files are the same", async () => {
    const [now, then] = [await folder(), await folder()];
    for (const where of [now, then]) {
      for (const part of installed) {
        await mkdir(join(where, part), { recursive: true });
        await writeFile(join(where, part, "package-lock.json"), '{"lockfileVersion":3}');
      }
    }
    for (const part of installed) await mkdir(join(now, part, "node_modules"));
    await install(then, now);
    for (const part of installed)
      expect(await realpath(join(then, part, "node_modules"))).toBe(
        await realpath(join(now, part, "node_modules")),
      );
  });

  test("are all that a checkout installs to run the program", async () => {
    const makefile = await readFile(join(repository, "Makefile"), "utf8");
    const folders = [...makefile.matchAll(/npm ci(?: --prefix (\S+))?/g)].map(([, where]) => where ?? ".");
    expect([...installed].sort()).toEqual(folders.sort());
  });

  test("are installed by the lock file where it is another one", async () => {
    const [now, then] = [await folder(), await folder()];
    await writeFile(join(now, "package-lock.json"), '{"lockfileVersion":3}');
    await mkdir(join(now, "node_modules"));
    const lock = { name: "then", lockfileVersion: 3, packages: { "": { name: "then" } } };
    await writeFile(join(then, "package.json"), '{"name":"then"}');
    await writeFile(join(then, "package-lock.json"), JSON.stringify(lock));
    await install(then, now);
    expect((await lstat(join(then, "node_modules")).catch(() => undefined))?.isSymbolicLink() ?? false).toBe(
      false,
    );
  });
});

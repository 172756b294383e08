import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { LabBusy, withLock } from "../../../../lab/state/lock.ts";

const folder = () => {
  const made = mkdtempSync(join(tmpdir(), "lab-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
};

test("a lock keeps others out while its holder lives, and is taken over when it is dead", async () => {
  const file = join(folder(), "lock.json");
  await withLock(file, "up", async () => {
    await expect(withLock(file, "down", async () => "in")).rejects.toThrow(LabBusy);
  });
  expect(existsSync(file)).toBe(false);
  symlinkSync(`${2 ** 22 + 1} 1 up`, file);
  expect(await withLock(file, "down", async () => "in")).toBe("in");
});

test("of many that want a lock at once one gets it, and none finds it half-written", async () => {
  const file = join(folder(), "lock.json");
  const holding = Promise.withResolvers<void>();
  let refused = 0;
  const outcomes = Array.from({ length: 40 }, () =>
    withLock(file, "up", () => holding.promise).then(
      () => "in",
      (error: Error) => {
        refused += 1;
        if (refused === 39) holding.resolve();
        return error.name;
      },
    ),
  );
  expect((await Promise.all(outcomes)).sort()).toEqual([...Array(39).fill("LabBusy"), "in"]);
});

test("of many that find the lock of a dead command one takes it over, whenever each of them comes", async () => {
  const file = join(folder(), "lock.json");
  const many = 12;
  // They must meet in the midst of each other's takeover: each round they come a little further apart.
  for (let apart = 0; apart < 60; apart += 1) {
    symlinkSync(`${2 ** 22 + 1} 1 up`, file);
    const settled = Promise.withResolvers<void>();
    const seen: string[] = [];
    const note = (what: string) => {
      seen.push(what);
      if (seen.length === many) settled.resolve();
    };
    const one = async (_: unknown, index: number) => {
      for (let turn = 0; turn < (apart * index) / many; turn += 1) await setImmediate();
      const work = withLock(file, "up", () => {
        note("in");
        return settled.promise;
      });
      await work.catch((error: Error) => note(error.name));
    };
    await Promise.all(Array.from({ length: many }, one));
    expect(seen.sort(), `${apart}`).toEqual([...Array(many - 1).fill("LabBusy"), "in"]);
    // What guards a takeover is gone, too.
    expect(readdirSync(dirname(file))).toEqual([]);
  }
});

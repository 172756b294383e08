import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { checkSpace } from "../../../../lab/preflight/space.ts";

test("a disk that would become full is refused, with the folder and what to do", async () => {
  await checkSpace([tmpdir()], 1);
  await expect(checkSpace([tmpdir()], Number.MAX_SAFE_INTEGER)).rejects.toThrow(
    new RegExp(
      `^${tmpdir()} has \\d+ MB free, the lab needs \\d+ MB.*df -h .*LAB_CACHE to another folder; nothing was changed`,
    ),
  );
});

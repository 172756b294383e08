import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../../../tools/repository.ts";

test("N2 no package, stack file or source file names Vercel, except the policy that refuses it", () => {
  const files = execFileSync("git", ["ls-files"], { cwd: repository, encoding: "utf8" }).trim().split("\n");
  const program = files.filter((file) => !/^(tests|docs)\/|\.md$/.test(file));
  expect(program.length).toBeGreaterThan(300);
  const naming = program.filter((file) => /vercel/i.test(readFileSync(join(repository, file), "utf8")));
  expect(naming).toEqual(["policies/rules/index.ts", "policies/rules/platform/noVercel.ts"]);
});

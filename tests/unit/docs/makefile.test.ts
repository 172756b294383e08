import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { repository } from "../../../tools/repository.ts";
import { targets } from "./documents.ts";

test("make without a target changes nothing and lists every target with a description", () => {
  const plan = execFileSync("make", ["--dry-run"], { cwd: repository, encoding: "utf8" });
  expect(plan).not.toMatch(/npm|node/);
  const help = execFileSync("make", { cwd: repository, encoding: "utf8" });
  const described = [...help.matchAll(/^ {2}([a-z-]+) +\S/gm)].map(([, name]) => name);
  expect(described.sort()).toEqual(targets.filter((name) => name !== "help").sort());
});

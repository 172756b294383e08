import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, matchesGlob } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { packages } from "../../../delivery/watch.ts";
import { repository } from "../../../tools/repository.ts";

const tracked = execFileSync("git", ["ls-files"], { cwd: repository, encoding: "utf8" }).split("\n");
const read = (file: string) => readFileSync(join(repository, file), "utf8");

/** What pins packages, by who proposes new ones. */
const kinds: Record<string, RegExp> = {
  npm: /(^|\/)package-lock\.json$/,
  gomod: /(^|\/)go\.mod$/,
  pip: /(^|\/)requirements[^/]*\.txt$/,
};

/** Nothing of these runs anywhere. */
const none: Record<string, string> = {
  "tests/fixtures/images/service/package-lock.json": "a service that tests build, and throw away",
  "tests/machines/vendors/slack/package-lock.json":
    "the program of Slack's image, for a test: always the image's version",
};

const dependabot = parse(read(".github/dependabot.yml")) as {
  updates: { "package-ecosystem": string; directories: string[] }[];
};

test.each(Object.entries(kinds))(
  "C1 new versions are proposed for everything that %s pins",
  (ecosystem, pattern) => {
    const folders =
      dependabot.updates.find((each) => each["package-ecosystem"] === ecosystem)?.directories ?? [];
    const files = tracked.filter((file) => pattern.test(file));
    expect(files.length).toBeGreaterThan(1);
    const folderOf = (file: string) => (dirname(file) === "." ? "/" : `/${dirname(file)}`);
    const covered = (file: string) => folders.some((folder) => matchesGlob(folderOf(file), folder));
    expect(files.filter((file) => !covered(file) && !(file in none))).toEqual([]);
    // None is looked for where nothing is any more.
    expect(folders.filter((folder) => !files.some((file) => matchesGlob(folderOf(file), folder)))).toEqual(
      [],
    );
    for (const file of Object.keys(none)) expect(tracked).toContain(file);
  },
);

test("C1 all deployed npm packages are checked for known vulnerabilities", () => {
  const locks = tracked.filter((file) => kinds.npm?.test(file) && !(file in none));
  expect([...packages].sort()).toEqual(locks.map(dirname).sort());
});

test("W4 no base is named where Dependabot would find it: their digests come from make pin-images", () => {
  const from = tracked
    .filter((file) => /^images\/\w[\w-]*\/Dockerfile$/.test(file))
    .flatMap((file) => [...read(file).matchAll(/^FROM (?:--\S+ )?(\S+)(?: AS (\S+))?/gm)]);
  const stages = new Set(from.map(([, , stage]) => stage));
  expect(from.length).toBeGreaterThan(5);
  for (const [, image = ""] of from) expect(stages.has(image) || /^\$\{[A-Z]+\}$/.test(image)).toBe(true);
  expect(dependabot.updates.map((each) => each["package-ecosystem"])).not.toContain("docker");
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { recipes } from "../../../components/images/families.ts";
import { repository } from "../../../tools/repository.ts";
import { families } from "./families.ts";
import { faultsOf } from "./rules.ts";

const textOf = (family: string) => readFileSync(join(repository, "images", family, "Dockerfile"), "utf8");

test.each(families)("W4 the Dockerfile of %s keeps our rules", (family) => {
  expect(faultsOf(textOf(family))).toEqual([]);
});

test("every Dockerfile is built by the program", () => {
  const bases = { node: "n", debian: "d" };
  const built = recipes({ bases, services: { some: "folder" } }).map(({ dockerfile }) => dockerfile);
  expect(built.sort()).toEqual(families.map((family) => `images/${family}/Dockerfile`));
});

describe("a Dockerfile is refused", () => {
  const good = textOf("monitoring");
  const broken: [string, (text: string) => string, string][] = [
    [
      "as root",
      (text) => text.replaceAll("USER 10001:10001", "USER root"),
      "it does not end as a numeric user",
    ],
    ["with a user's name", (text) => text.replaceAll("USER 10001:10001", "USER sophia"), "numeric user"],
    [
      "without a health check",
      (text) => text.replace(/HEALTHCHECK[^\n]*\n[^\n]*\n/, ""),
      "it has no HEALTHCHECK",
    ],
    ["from a tag", (text) => text.replace("FROM ${BASE} AS", "FROM node:24 AS"), "node:24 is neither"],
    [
      "from latest",
      (text) => text.replace("FROM ${BASE} AS", "FROM node:latest AS"),
      "node:latest is neither",
    ],
    ["with a default base", (text) => text.replace("ARG BASE", "ARG BASE=node:24"), "BASE has a default"],
    [
      "that hides the platform",
      (text) => text.replace("ARG BASE", "ARG BUILDPLATFORM"),
      "hides BuildKit's own",
    ],
    ["that fetches", (text) => text.replace("COPY exporter", "ADD https://example.org/x"), "ADD may fetch"],
    [
      "that needs an emulator",
      (text) => text.replace("--platform=${BUILDPLATFORM} ", ""),
      "takes an emulator",
    ],
    ["with scripts of packages", (text) => text.replace(" --ignore-scripts", ""), "--ignore-scripts"],
    ["with what is newest", (text) => text.replace("npm ci", "npm install"), "use npm ci"],
    [
      "with a password",
      (text) => text.replace("FROM base", "FROM base\nENV DB_PASSWORD=x"),
      "names a secret",
    ],
    [
      "with files that only their owner may read",
      (text) => text.replace(/(RUN chmod -R[^\n]*\n)/, "$1COPY late.ts ./\n"),
      "COPY late.ts ./ comes after the last chmod",
    ],
    ["with a shell", (text) => text.replace(/CMD \["node", "exp[^\n]*/, "CMD node x"), "CMD is not a list"],
    ["without a title", (text) => text.replace("image.title", "image.name"), "image.title is missing"],
  ];
  test.each(broken)("%s", (_what, change, fault) => {
    const text = change(good);
    expect(text).not.toBe(good);
    expect(faultsOf(text).join("\n")).toContain(fault);
  });
  test("with one stage", () => {
    expect(faultsOf("ARG A\nFROM ${A}\n")).toContain("it has one stage: what builds would be in what runs");
  });
});

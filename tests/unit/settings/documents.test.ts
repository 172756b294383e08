import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { readComments, settingsFolders } from "../../../components/settings/documents/comments.ts";
import { exampleFile, settingsDocument } from "../../../components/settings/documents/render.ts";
import { settingRows, undescribed } from "../../../components/settings/documents/rows.ts";
import { settingsSchema } from "../../../components/settings/schema.ts";
import { repository } from "../../../tools/repository.ts";

const comments = readComments("settingsSchema", settingsFolders);
const rows = settingRows(settingsSchema, comments);
const row = (path: string) => rows.find((one) => one.path === path);

test("W5 docs/settings.md and .env.example are as the code is (`make documents`)", () => {
  expect(readFileSync(join(repository, "docs/settings.md"), "utf8")).toBe(settingsDocument(rows));
  expect(readFileSync(join(repository, ".env.example"), "utf8")).toBe(exampleFile());
});

test("a setting's row has its type, its default, and the words of its comment", () => {
  expect(row("redis.memory")).toEqual({
    path: "redis.memory",
    type: "string",
    standard: '`"4Gi"`',
    about:
      "Redis's `maxmemory`; the container gets twice as much, which snapshots of a full cache may take. A change restarts Redis.",
  });
  expect(row("hosts[].roles")).toMatchObject({
    standard: "required",
    type: expect.stringMatching(/^list of `server`/),
  });
  expect(row("budget.monthlyUsd")).toMatchObject({ type: "number", standard: "required" });
  expect(row("postgres.resources.limits.memory")?.standard).toBe('`"8Gi"`');
  expect(row("lambda")?.about).toBe("Where and how instances are rented.");
});

test("W5 every setting is described, and one that is not is named", () => {
  expect(undescribed(rows)).toEqual([]);
  const schema = z.strictObject({ rate: z.strictObject({ burst: z.number() }) });
  const about = new Map([["rate", "A limit."]]);
  expect(undescribed(settingRows(schema, about))).toEqual(["rate.burst"]);
});

test("every section has rows, and every comment a row to stand in", () => {
  for (const section of Object.keys(settingsSchema.shape)) {
    expect(
      rows.some(({ path }) => path === section || path.startsWith(`${section}.`)),
      section,
    ).toBe(true);
  }
  const shown = new Set(rows.map(({ path }) => path));
  const inUnions = /^hosts\[\]$|^hosts\[\]\.adopt\./;
  expect(
    [...comments.keys()].filter((path) => path !== "" && !shown.has(path) && !inUnions.test(path)),
  ).toEqual([]);
});

test("a default of the whole part is told at its fields", () => {
  const schema = z.strictObject({ rate: z.strictObject({ burst: z.number() }).default({ burst: 5 }) });
  expect(settingRows(schema, new Map())).toEqual([
    { path: "rate.burst", type: "number", standard: "`5`", about: "" },
  ]);
});

test("S1 .env.example has no value for a secret, and names no variable that the program sets", () => {
  expect(exampleFile()).toMatch(/^# LAMBDA_API_KEY=$/m);
  expect(exampleFile()).not.toContain("SOPHIA_HOSTS_FILE");
});

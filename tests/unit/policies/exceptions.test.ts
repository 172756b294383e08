import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { endingLines } from "../../../policies/ending.ts";
import { Exceptions, parseExceptions } from "../../../policies/engine/exceptions.ts";
import { readExceptions, readSettings } from "../../../policies/engine/files.ts";
import { rules } from "../../../policies/rules/index.ts";
import { stackRules } from "../../../policies/rules/stack/index.ts";
import { exception as exceptionFrom, repository } from "./fixtures.ts";

const names = [...rules, ...stackRules].map(({ name }) => name);
const today = "2026-11-21";
const exception = exceptionFrom("non-root", "gpu-service-release/DaemonSet/plugin", {
  reason: "the plugin writes the kubelet's socket",
});

test("an exception covers its rule and resource until its last day, and no other", () => {
  const on = (day: string) => new Exceptions([exception], "dev", day);
  expect(on("2027-01-01").covers("non-root", exception.resource)).toBe(true);
  expect(on("2027-01-02").covers("non-root", exception.resource)).toBe(false);
  expect(on(today).covers("seccomp", exception.resource)).toBe(false);
  expect(on(today).covers("non-root", "other")).toBe(false);
});

test("an exception covers everything inside a release when it says so", () => {
  const wide = new Exceptions([{ ...exception, resource: "gpu-service-release/*" }], "dev", today);
  expect(wide.covers("non-root", exception.resource)).toBe(true);
  expect(wide.covers("non-root", "gpu-service-release")).toBe(false);
  expect(wide.covers("non-root", "gpu-service-release-2/DaemonSet/plugin")).toBe(false);
});

test("an exception that is expired, or not needed, is a fault of its own", () => {
  const used = new Exceptions([exception], "dev", today);
  expect(used.faults()[0]).toContain("not needed any more");
  used.covers("non-root", exception.resource);
  expect(used.faults()).toEqual([]);
  expect(new Exceptions([exception], "dev", "2027-01-02").faults()[0]).toContain("expired on 2027-01-01");
});

test("an optional exception is not missed where a setting left its resource out, and is where it is there", () => {
  const optional = new Exceptions([{ ...exception, optional: true }], "dev", today);
  expect(optional.faults(new Set(["other"]))).toEqual([]);
  expect(optional.faults(new Set([exception.resource]))[0]).toContain("not needed any more");
  const inRelease = new Exceptions(
    [{ ...exception, resource: "gpu-service-release/*", optional: true }],
    "dev",
    today,
  );
  expect(inRelease.faults(new Set(["other"]))).toEqual([]);
  expect(inRelease.faults(new Set(["gpu-service-release"]))[0]).toContain("not needed any more");
  const needed = new Exceptions([exception], "dev", today);
  expect(needed.faults(new Set(["other"]))[0]).toContain("not needed any more");
});

test("an exception for another stack neither covers nor is missed", () => {
  const other = new Exceptions([{ ...exception, stacks: ["prod"] }], "dev", today);
  expect(other.covers("non-root", exception.resource)).toBe(false);
  expect(other.faults()).toEqual([]);
});

test("exceptions name a rule that exists, a reason and a day that is not too far", () => {
  const refused = (change: object) => () => parseExceptions([{ ...exception, ...change }], names, today);
  expect(refused({})()).toHaveLength(1);
  expect(refused({ rule: "no-such-rule" })).toThrow("no such rule");
  expect(refused({ reason: "because" })).toThrow("20 characters");
  expect(refused({ expires: "2030-01-01" })).toThrow("days ahead");
  expect(refused({ expires: "soon" })).toThrow("exceptions.yaml");
  expect(refused({ until: "x" })).toThrow("until");
});

test("the pack's own settings and exceptions can be read", () => {
  expect(readSettings().production).toContain("prod");
  const day = new Date().toISOString().slice(0, 10);
  expect(() => readExceptions(names, day)).not.toThrow();
});

test("S3 an exception is told from 30 days before its last one, and still when it has ended", () => {
  const given = [
    exception,
    { ...exception, rule: "seccomp", expires: "2026-12-22", stacks: ["dev", "prod"] },
  ];
  const on = (day: string) => endingLines("policies/exceptions.yaml", given, day);
  expect(on("2026-11-21")).toEqual([]);
  expect(on("2026-11-22")).toEqual([
    "policies/exceptions.yaml: the exception from seccomp for gpu-service-release/DaemonSet/plugin in dev, prod ends on 2026-12-22 (the plugin writes the kubelet's socket)",
  ]);
  const [first, second] = on("2027-01-01");
  expect(first).toContain(
    "seccomp for gpu-service-release/DaemonSet/plugin in dev, prod ended on 2026-12-22",
  );
  expect(second).toContain("non-root for gpu-service-release/DaemonSet/plugin ends on 2027-01-01");
});

test("S3 the command that lists them reads both files, and ends with 1 when there is one", () => {
  const clock = (days: number) =>
    `data:text/javascript,const now=Date.now()+${days * 86_400_000};globalThis.Date=class extends Date{constructor(...a){super(...(a.length?a:[now]))}};`;
  const after = (days: number) => {
    const args = ["--import", clock(days), join(repository, "policies/ending.ts")];
    return spawnSync(process.execPath, args, { encoding: "utf8" });
  };
  // An exception lasts 400 days at most.
  const later = after(401);
  expect(later.status, later.stderr).toBe(1);
  for (const file of ["policies/exceptions.yaml", "policies/scan.yaml"])
    expect(later.stdout).toMatch(new RegExp(`^${file}: the exception from \\S+ for .* ended on `, "m"));
  const today = after(0);
  expect([0, 1]).toContain(today.status);
  expect(today.stdout.startsWith("no exception ends within 30 days")).toBe(today.status === 0);
});

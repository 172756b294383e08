import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  checkSpace,
  checkSpaceForHosts,
  checkSpaceToBuild,
  hostDisk,
  hostIsWell,
  whileSpaceLasts,
} from "../../../../../lab/commands/preflight/space.ts";
import { repository } from "../../../../../tools/repository.ts";

test("a disk that would become full is refused, with the folder and what to do", async () => {
  await checkSpace([tmpdir()], 1);
  await expect(checkSpace([tmpdir()], Number.MAX_SAFE_INTEGER)).rejects.toThrow(
    new RegExp(
      `^${tmpdir()} has \\d+ MB free, the lab needs \\d+ MB.*df -h.*LAB_CACHE or Docker's data-root to another folder; nothing was changed`,
    ),
  );
});

test("an empty build cache needs room for the first build, a filled one for an update only", async () => {
  const folder = mkdtempSync(join(tmpdir(), "space-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const check = (least: number) => checkSpaceToBuild(folder, folder, least);
  await check(1);
  await expect(check(Number.MAX_SAFE_INTEGER)).rejects.toThrow(/^.*space-.* MB free, the lab needs \d+ MB/);
  writeFileSync(join(folder, "helm"), "");
  await check(Number.MAX_SAFE_INTEGER);
});

test("H2 hosts that would report a full disk are refused before anything starts, by their own limits", async () => {
  const gib = 2 ** 30;
  expect(hostIsWell({ free: 20 * gib, size: 1000 * gib })).toBe(true);
  expect(hostIsWell({ free: 19 * gib, size: 1000 * gib })).toBe(false);
  expect(hostIsWell({ free: 6 * gib, size: 50 * gib })).toBe(true);
  expect(hostIsWell({ free: 5 * gib, size: 10 * gib })).toBe(false);
  const health = readFileSync(join(repository, "k3s/health/health.py"), "utf8");
  expect(health).toContain(`"HEALTH_ENOUGH_DISK_FREE", str(${hostDisk.enough / gib} * 2**30)`);
  expect(health).toContain(`"HEALTH_LEAST_DISK_FREE", str(${hostDisk.least / gib} * 2**30)`);
  expect(health).toContain(`"HEALTH_MIN_DISK_FREE", "${hostDisk.part.toFixed(2)}"`);
  const cache = mkdtempSync(join(tmpdir(), "space-"));
  onTestFinished(() => rmSync(cache, { recursive: true }));
  const asked: number[] = [];
  const check = (well: boolean, folders = [cache]) =>
    checkSpaceForHosts(cache, folders, ({ free }) => asked.push(free) > 0 && well);
  const refusal = `^${cache} has [\\d.]+ GiB of [\\d.]+ GiB free, and the lab's hosts are healthy with 20.0 GiB, or with 10 % if that is 6.0 GiB`;
  await expect(check(false)).rejects.toThrow(
    new RegExp(`${refusal}, after a build that takes 5.6 GiB: free some`),
  );
  writeFileSync(join(cache, "helm"), "");
  await expect(check(false)).rejects.toThrow(new RegExp(`${refusal}: free some`));
  await check(true);
  // What the first build takes is not there for hosts.
  const [cold = 0, warm = 0] = asked;
  expect(warm - cold).toBeGreaterThan(3e9);
  await check(false, []);
});

const interrupted = async (signal: AbortSignal) => {
  await once(signal, "abort");
  throw signal.reason;
};
const user = () => new AbortController();
const little = { least: 1, held: 1 };

test("work is interrupted before the disk is full, and the error says how to go on", async () => {
  const work = whileSpaceLasts(tmpdir(), user().signal, interrupted, {
    least: Number.MAX_SAFE_INTEGER,
    held: 1,
  });
  await expect(work).rejects.toThrow(new RegExp(`^${tmpdir()} has \\d+ MB free: free some space.*make up`));
});

test("work on a disk with room ends by itself, or by the user's interrupt", async () => {
  expect(await whileSpaceLasts(tmpdir(), user().signal, async () => "done", little)).toBe("done");
  const stop = user();
  const work = whileSpaceLasts(tmpdir(), stop.signal, interrupted, little);
  stop.abort(new Error("interrupted"));
  await expect(work).rejects.toThrow("interrupted");
});

test("space is held back during the work, and free when it is interrupted and after it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "space-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const sizes = () => readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  const seen: number[][] = [];
  const work = async (signal: AbortSignal) => {
    seen.push(sizes());
    if (!signal.aborted) await once(signal, "abort");
    seen.push(sizes());
  };
  await whileSpaceLasts(folder, user().signal, work, { least: Number.MAX_SAFE_INTEGER, held: 3 });
  await whileSpaceLasts(folder, AbortSignal.abort(), work, { least: 1, held: 5 });
  expect([...seen, sizes()]).toEqual([[3], [], [5], [5], []]);
});

test("a folder that cannot be read ends the work with the reason", async () => {
  await expect(whileSpaceLasts("/no/such/folder", user().signal, interrupted)).rejects.toThrow("ENOENT");
});

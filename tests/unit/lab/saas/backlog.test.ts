import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Backlog } from "../../../../lab/saas/estuary/plane/backlog/file.ts";
import { BackloggedSource } from "../../../../lab/saas/estuary/plane/backlog/source.ts";
import { RawJson } from "../../../../lab/saas/estuary/plane/collections/document.ts";
import { type Delivery, NeedsHand, type Source } from "../../../../lab/saas/estuary/plane/task/source.ts";

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "backlog-")), "inner", "file.ndjson");
});
afterEach(() => rmSync(join(path, "../.."), { recursive: true }));

const delivery = (n: number): Delivery => ({
  changes: [
    {
      collection: "c",
      document: { n, text: "line\nfeed ü", raw: new RawJson('{"id": 12345678901234567890}') },
    },
  ],
  position: { lsn: `0/${n}`, tables: { c: { backfill: 0, done: true } } },
  bytes: 10,
  backfilling: false,
});
const allOf = async (backlog: Backlog, from = 0) => {
  const found: [number, Delivery][] = [];
  for await (const [at, one] of backlog.read(from)) found.push([at, one]);
  return found;
};

test("P5 what waits is read back as it was delivered, also by another process, without a line that has no end", async () => {
  expect(await Backlog.find(path)).toBeUndefined();
  const backlog = await Backlog.create(path, undefined);
  expect([backlog.position, backlog.length]).toEqual([undefined, 0]);
  for (const n of [1, 2, 3]) await backlog.append(delivery(n));
  expect(await allOf(backlog, 1)).toEqual([
    [1, delivery(2)],
    [2, delivery(3)],
  ]);
  await backlog.close();

  const whole = readFileSync(path);
  for (const torn of [whole.subarray(-60, -1), whole.subarray(-1), Buffer.from("ü").subarray(0, 1)]) {
    if (torn.toString() !== "\n") appendFileSync(path, torn);
    const found = await Backlog.find(path);
    expect([found?.id, found?.length, found?.bytes]).toEqual([backlog.id, 3, whole.length]);
    expect(found?.position).toEqual(delivery(3).position);
    await found?.close();
    expect(readFileSync(path)).toEqual(whole);
  }
  const found = await Backlog.find(path);
  await found?.append(delivery(4));
  expect((await allOf(found as Backlog)).map(([at]) => at)).toEqual([0, 1, 2, 3]);
  await found?.remove();
  expect(await Backlog.find(path)).toBeUndefined();
});

test("P5 a file without a whole first line is none: nothing was acknowledged", async () => {
  const backlog = await Backlog.create(path, { lsn: "0/1" });
  await backlog.close();
  const head = readFileSync(path);
  rmSync(path);
  appendFileSync(path, head.subarray(0, -1));
  expect(await Backlog.find(path)).toBeUndefined();
});

/** A source of which each run is recorded; `rewind` says so in the position. */
function fakeSource() {
  const runs: unknown[] = [];
  const acknowledged: unknown[] = [];
  const source: Source = {
    id: "capture",
    capture: "capture",
    collections: ["c", "d"],
    discover: async () => new Map(),
    rewind: (position, collection) => ({ ...(position as object), again: collection }),
    run: async (position) => void runs.push(position),
    acknowledge: (position) => void acknowledged.push(position),
    close: async () => {},
  };
  return { source, runs, acknowledged };
}

/** Runs it with a destination that has everything at once, and remembers the positions that it was given. */
async function runs(source: BackloggedSource, position: unknown): Promise<unknown[]> {
  const positions: unknown[] = [];
  const emit = async (one: Delivery) => {
    positions.push(one.position);
    queueMicrotask(() => source.acknowledge(one.position));
  };
  await source.run(position, emit, new AbortController().signal, () => {});
  return positions;
}

test("P5 a destination goes on in the backlog where it was, and the source after it, tables that are made anew included", async () => {
  const { source: inner, runs: ran, acknowledged } = fakeSource();
  const kept: { backlog: Backlog | undefined; clear(): Promise<void> } = {
    backlog: await Backlog.create(path, { lsn: "0/0" }),
    async clear() {
      await kept.backlog?.remove();
      kept.backlog = undefined;
    },
  };
  const source = new BackloggedSource(inner, kept);
  for (const n of [1, 2, 3]) await kept.backlog?.append(delivery(n));
  const { id } = kept.backlog as Backlog;

  const after = { backlog: { id, next: 1, of: 3, again: [] }, position: { lsn: "0/1" } };
  const positions = await runs(source, source.rewind(after, "d"));
  expect(positions).toEqual([
    {
      backlog: { id, next: 2, of: 3, again: ["d"] },
      position: { ...(delivery(2).position as object), again: "d" },
    },
    {
      backlog: { id, next: 3, of: 3, again: ["d"] },
      position: { ...(delivery(3).position as object), again: "d" },
    },
  ]);
  expect(ran).toEqual([{ ...(delivery(3).position as object), again: "d" }]);
  expect([acknowledged, kept.backlog]).toEqual([[], undefined]);

  // With nothing that waits, positions are the source's own.
  expect(await runs(source, positions.at(-1))).toEqual([]);
  expect(ran.at(-1)).toEqual({ ...(delivery(3).position as object), again: "d" });
  expect(source.rewind({ lsn: "0/9" }, "c")).toEqual({ lsn: "0/9", again: "c" });
});

test("P5 a backlog that was taken away before its end is said, unless everything is read again", async () => {
  const { source: inner, runs: ran } = fakeSource();
  const source = new BackloggedSource(inner, { backlog: undefined, clear: async () => {} });
  const after = { backlog: { id: "x", next: 1, of: 3, again: [] }, position: { lsn: "0/1" } };
  await expect(runs(source, after)).rejects.toThrow(NeedsHand);
  await expect(runs(source, source.rewind(after, "c"))).rejects.toThrow(
    /2 deliveries of capture .* are gone/,
  );
  expect(ran).toEqual([]);
  await runs(source, source.rewind(source.rewind(after, "c"), "d"));
  expect(ran).toHaveLength(1);
});

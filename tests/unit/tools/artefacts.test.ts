import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import type { Artefact, ArtefactEvent } from "../../../tools/artefacts/artefact.ts";
import { hashOf } from "../../../tools/artefacts/hash.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import { keepForLab, prune } from "../../../tools/artefacts/prune.ts";

let cache: string;
let events: string[];
const onEvent = (event: ArtefactEvent) => {
  if (event.kind !== "output") events.push(`${event.kind} ${event.artefact.name}`);
};
const make = (name: string, more: Partial<Artefact> = {}): Artefact => ({
  name,
  title: `make ${name}`,
  key: async () => "1",
  build: async ({ out }) => writeFileSync(join(out, "file"), name),
  ...more,
});

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "cache-"));
  events = [];
});

test("builds once, then answers from the cache", async () => {
  const base = make("base");
  const folders = await obtain([base], { cache, onEvent });
  expect(readFileSync(join(folders.get("base") ?? "", "file"), "utf8")).toBe("base");
  await obtain([base], { cache, onEvent });
  expect(events).toEqual(["started base", "built base", "cached base"]);
});

test("another key of a need rebuilds what stands on it, and only that", async () => {
  let version = "1";
  const base = make("base", { key: async () => version });
  const top = make("top", {
    needs: [base],
    build: async ({ out, folderOf }) =>
      writeFileSync(join(out, "file"), `on ${readFileSync(join(folderOf(base), "file"), "utf8")}`),
  });
  const other = make("other");
  await obtain([top, other], { cache });
  version = "2";
  await obtain([top, other], { cache, onEvent });
  expect(events.filter((event) => event.startsWith("built")).sort()).toEqual(["built base", "built top"]);
  expect(events).toContain("cached other");
});

test("builds that share a compiler's cache follow each other, others run beside them", async () => {
  const busy = new Set<string>();
  const seen: string[] = [];
  // A build with the shared cache and one without end only after both have begun.
  const begun = { sharing: Promise.withResolvers<void>(), separate: Promise.withResolvers<void>() };
  const slow = (name: string, alone?: string) =>
    make(name, {
      ...(alone && { alone }),
      build: async ({ out }) => {
        busy.add(name);
        seen.push([...busy].sort().join("+"));
        (alone ? begun.sharing : begun.separate).resolve();
        // Both at once is the failure itself: without this it would only show as a timeout.
        if (busy.has("one") && busy.has("two")) begun.separate.resolve();
        await Promise.all([begun.sharing.promise, begun.separate.promise]);
        busy.delete(name);
        writeFileSync(join(out, "file"), name);
      },
    });
  await obtain([slow("one", "go"), slow("two", "go"), slow("three")], { cache });
  expect(seen.some((names) => names === "one+three" || names === "three+two")).toBe(true);
  expect(seen.some((names) => names.includes("one") && names.includes("two"))).toBe(false);
});

test("a failed build leaves nothing behind, says which it was, and is tried again", async () => {
  let broken = true;
  const shaky = make("shaky", {
    build: async ({ out }) => {
      writeFileSync(join(out, "half"), "half");
      if (broken) throw new Error("no space left");
    },
  });
  await expect(obtain([shaky], { cache, onEvent })).rejects.toThrow("no space left");
  expect(events).toEqual(["started shaky", "failed shaky"]);
  expect(readdirSync(join(cache, "shaky"))).toEqual([]);
  broken = false;
  const folders = await obtain([shaky], { cache });
  expect(existsSync(join(folders.get("shaky") ?? "", "half"))).toBe(true);
});

test("an interrupt aborts builds under way and reports its reason", async () => {
  const abort = new AbortController();
  const slow = make("slow", {
    build: ({ signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
        abort.abort(new Error("Ctrl-C"));
      }),
  });
  await expect(obtain([slow], { cache, signal: abort.signal })).rejects.toThrow("Ctrl-C");
  expect(readdirSync(join(cache, "slow"))).toEqual([]);
});

test("what lives outside the cache is built again when it is gone there", async () => {
  let present = false;
  const image = make("image", { present: async () => present });
  await obtain([image], { cache });
  present = true;
  await obtain([image], { cache, onEvent });
  present = false;
  await obtain([image], { cache, onEvent });
  expect(events).toEqual(["cached image", "started image", "built image"]);
});

test("runs as many builds at a time as allowed, and never more", async () => {
  let now = 0;
  let most = 0;
  let meet = () => {};
  const met = new Promise<void>((resolve) => {
    meet = resolve;
  });
  const many = Array.from({ length: 6 }, (_, index) =>
    make(`a${index}`, {
      build: async () => {
        now += 1;
        most = Math.max(most, now);
        // The first waits for a second one beside it; a third would be counted.
        if (now === 2) meet();
        await met;
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
      },
    }),
  );
  await obtain(many, { cache, concurrency: 2 });
  expect(most).toBe(2);
});

test("pruning keeps the newest of each artefact", async () => {
  let version = 0;
  const base = make("base", { key: async () => String(version) });
  for (version = 0; version < 4; version += 1) await obtain([base], { cache });
  await prune(cache, 2);
  expect(readdirSync(join(cache, "base"))).toHaveLength(2);
});

test("pruning spares what a lab runs on, as long as the lab is there", async () => {
  let version = 0;
  const base = make("base", { key: async () => String(version) });
  const first = (await obtain([base], { cache })).get("base") ?? "";
  const lab = mkdtempSync(join(tmpdir(), "lab-"));
  keepForLab(cache, lab, [first]);
  for (version = 1; version < 4; version += 1) await obtain([base], { cache });
  await prune(cache, 2);
  expect(existsSync(first)).toBe(true);
  expect(readdirSync(join(cache, "base"))).toHaveLength(3);
  rmSync(lab, { recursive: true });
  await prune(cache, 2);
  expect(existsSync(first)).toBe(false);
  expect(readdirSync(join(cache, "used-by"))).toEqual([]);
});

test("labs that prune one cache at once are in nobody's way", async () => {
  for (const name of ["one", "two", "three"])
    for (let key = 0; key < 20; key += 1)
      mkdirSync(join(cache, name, String(key).padStart(16, "0"), "deep/folder"), { recursive: true });
  await Promise.all(Array.from({ length: 8 }, () => prune(cache, 1)));
  expect(["one", "two", "three"].map((name) => readdirSync(join(cache, name)).length)).toEqual([1, 1, 1]);
});

test("a lab that prunes while another removes an old artefact keeps the newest, not what is being removed", async () => {
  const old = join(cache, "made", "0".repeat(16));
  const newest = join(cache, "made", "1".repeat(16));
  mkdirSync(newest, { recursive: true });
  mkdirSync(old, { recursive: true });
  const parts = 400;
  for (let index = 0; index < parts; index += 1)
    mkdirSync(join(old, String(index), "deep/er/folder"), { recursive: true });
  utimesSync(old, 1, 1);
  const first = prune(cache, 1);
  const begun = async () =>
    !existsSync(old) || readdirSync(old).length < parts || notYet("nothing is removed");
  await waitFor({ what: "the removal to begin", deadline: 120, interval: 0 }, begun);
  await prune(cache, 1);
  await first;
  expect(readdirSync(join(cache, "made"))).toEqual(["1".repeat(16)]);
});

test("what a killed build left is removed when it is old, and no build under way is", async () => {
  const { pid } = spawnSync("true");
  const folders = { left: `.making-${pid}-a`, recent: `.making-${pid}-b`, live: `.making-${process.pid}-c` };
  const longAgo = new Date(Date.now() - 7_200_000);
  for (const [what, name] of Object.entries(folders)) {
    mkdirSync(join(cache, "base", name), { recursive: true });
    if (what !== "recent") utimesSync(join(cache, "base", name), longAgo, longAgo);
  }
  await prune(cache);
  expect(readdirSync(join(cache, "base")).sort()).toEqual([folders.recent, folders.live].sort());
});

test("of two labs that build the same, the second keeps what the first has finished", async () => {
  const [begun, finished] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const second = obtain(
    [
      make("base", {
        build: async ({ out }) => {
          begun.resolve();
          await finished.promise;
          writeFileSync(join(out, "file"), "second");
        },
      }),
    ],
    { cache },
  );
  await begun.promise;
  const folder = (await obtain([make("base")], { cache })).get("base") ?? "";
  const { ino } = statSync(folder);
  finished.resolve();
  expect((await second).get("base")).toBe(folder);
  expect(statSync(folder).ino).toBe(ino);
  expect(readdirSync(join(cache, "base"))).toHaveLength(1);
});

test("a hash tells contents and names apart, and does not mind the order of paths", async () => {
  const root = mkdtempSync(join(tmpdir(), "hash-"));
  writeFileSync(join(root, "a"), "1");
  writeFileSync(join(root, "b"), "2");
  const before = await hashOf(root, ["a", "b"]);
  expect(await hashOf(root, ["b", "a"])).toBe(before);
  expect(await hashOf(root, ["a", "b"], "flag")).not.toBe(before);
  writeFileSync(join(root, "b"), "3");
  expect(await hashOf(root, ["a", "b"])).not.toBe(before);
});

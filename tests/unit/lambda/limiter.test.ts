import { execFile } from "node:child_process";
import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Clock } from "../../../components/core/wait.ts";
import { createClient } from "../../../lambda/client/client.ts";
import { FileJournal } from "../../../lambda/client/journal.ts";
import { meetingPlace, SharedLimiter } from "../../../lambda/client/limiter.ts";
import type { LaunchRequest } from "../../../lambda/client/wire.ts";
import { livePrices } from "../../../lambda/prices.ts";
import { unlimited } from "../../support/lambda/limiter.ts";

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "limiter-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Time that passes only by sleeping; remembers when each sleeper woke. */
class TestClock implements Clock {
  time = 1_000_000;
  slept: number[] = [];
  now = () => this.time;
  sleep = async (ms: number) => void this.slept.push(ms);
}

test("turns are given one spacing apart, and the first at once", async () => {
  const clock = new TestClock();
  const limiter = new SharedLimiter(await folder(), 1000, clock);
  for (let turn = 0; turn < 4; turn += 1) await limiter.turn();
  expect(clock.slept).toEqual([1000, 2000, 3000]);
  clock.time += 10_000;
  await limiter.turn();
  expect(clock.slept).toHaveLength(3);
});

test("L5 who gives up while waiting for a turn sends nothing, and what was sent is not cut off", async () => {
  const sent: (AbortSignal | null | undefined)[] = [];
  const ends = { waiting: new AbortController(), sent: new AbortController() };
  const launching = async (when: keyof typeof ends) => {
    const stop = () => ends[when].abort(new Error(`gone while ${when}`));
    const turn = async () => (when === "waiting" ? stop() : undefined);
    const api = await createClient({
      apiUrl: "https://lambda.example",
      apiKey: "k",
      requestsPerSecond: 1,
      launchSpacing: 12,
      limiters: { all: unlimited, launch: { ...unlimited, turn } },
      fetch: async (_url, init) => {
        stop();
        sent.push(init?.signal);
        return Response.json({ data: { instance_ids: ["i"] } });
      },
    });
    const machine: LaunchRequest = {
      region_name: "r",
      instance_type_name: "t",
      ssh_key_names: ["k"],
      name: "n",
      image: { family: "f" },
      tags: [],
    };
    return await api.launch(machine, ends[when].signal);
  };
  await expect(launching("waiting")).rejects.toThrow("gone while waiting");
  expect(sent).toEqual([]);
  expect(await launching("sent")).toBe("i");
  expect(sent.map((signal) => signal?.aborted)).toEqual([false]);
});

test("turns asked for at once are all different", async () => {
  const clock = new TestClock();
  const dir = await folder();
  const limiters = [1, 2, 3].map(() => new SharedLimiter(dir, 100, clock));
  await Promise.all(limiters.flatMap((limiter) => [limiter.turn(), limiter.turn(), limiter.turn()]));
  expect(clock.slept.toSorted((a, b) => a - b)).toEqual([100, 200, 300, 400, 500, 600, 700, 800]);
});

test("a pause holds everybody back", async () => {
  const clock = new TestClock();
  const dir = await folder();
  await new SharedLimiter(dir, 1000, clock).pause(5000);
  await new SharedLimiter(dir, 1000, clock).turn();
  expect(clock.slept).toEqual([6000]);
});

test("a pause is known to everybody until it is over, and a shorter one does not end it", async () => {
  const clock = new TestClock();
  const dir = await folder();
  const [one, other] = [new SharedLimiter(dir, 1000, clock), new SharedLimiter(dir, 1000, clock)];
  for (let turn = 0; turn < 9; turn += 1) await one.turn();
  expect(await other.held()).toBe(0);
  await one.pause(5000);
  await other.pause(2000);
  expect(await other.held()).toBe(5000);
  clock.time += 4000;
  expect(await one.held()).toBe(1000);
  clock.time += 1000;
  expect(await one.held()).toBe(0);
});

test("a pause of more than an hour is one of an hour; a clock that was set back ends it", async () => {
  const clock = new TestClock();
  const limiter = new SharedLimiter(await folder(), 1000, clock);
  await limiter.pause(10 * 3_600_000);
  expect(await limiter.held()).toBe(3_600_000);
  clock.time -= 10 * 3_600_000;
  expect(await limiter.held()).toBe(0);
});

test("a pause that outlasts the deadline is an error at once, which says how long, for later calls too", async () => {
  vi.stubEnv("TMPDIR", await folder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const clock = new TestClock();
  clock.sleep = async (ms) => {
    clock.time += ms;
  };
  const sent: string[] = [];
  const settings = { requestsPerSecond: 1, launchSpacing: 12, apiUrl: "https://lambda.example" };
  const api = await createClient({
    ...settings,
    apiKey: "k",
    retryDeadline: 120,
    clock,
    fetch: async (url) => {
      sent.push(String(url));
      const limited = { status: 429, headers: { "retry-after": sent.length === 1 ? "100" : "3000" } };
      return new Response("error code: 1015", limited);
    },
  });
  const message =
    /GET \/ssh-keys: not sent: .*Retry-After, which lasts 299\d s more, and lambda.retryDeadline is 120 s.*when the pause is over/;
  for (const _ of ["the call itself", "a later one"]) {
    await expect(api.listSshKeys()).rejects.toThrow(message);
    expect(sent).toHaveLength(2);
  }
});

test("prices that a long pause withholds are unknown, not a failure: a preview goes on", async () => {
  vi.stubEnv("TMPDIR", await folder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const connection = {
    apiUrl: "http://127.0.0.1:1",
    requestsPerSecond: 9,
    launchSpacing: 0,
    retryDeadline: 10,
  };
  const place = await meetingPlace(connection.apiUrl, "k");
  await new SharedLimiter(join(place, "requests"), 1).pause(3_000_000);
  expect(await livePrices(connection, "k")).toEqual({
    unavailable: expect.stringMatching(/GET \/instance-types: not sent: .*lambda.retryDeadline is 10 s/),
  });
});

test("a clock that was set back by hours does not hold anybody back", async () => {
  const clock = new TestClock();
  const dir = await folder();
  clock.time += 10 * 3_600_000;
  await new SharedLimiter(dir, 1000, clock).turn();
  clock.time -= 10 * 3_600_000;
  await new SharedLimiter(dir, 1000, clock).turn();
  expect(clock.slept).toEqual([]);
});

test("a turn that holds no time is no turn, and old turns are removed", async () => {
  const clock = new TestClock();
  const dir = await folder();
  await writeFile(join(dir, "7"), "");
  const limiter = new SharedLimiter(dir, 1, clock);
  for (let turn = 0; turn < 250; turn += 1) await limiter.turn();
  expect((await readdir(dir)).length).toBeLessThan(220);
});

test("processes that share an account share its turns", async () => {
  const dir = await folder();
  const script = `
    import { SharedLimiter } from ${JSON.stringify(resolve("lambda/client/limiter.ts"))};
    const times = [];
    let read = 0;
    // A turn's own time, however late the machine lets this process go on after it has read the clock.
    const clock = { now: () => (read = Date.now()), sleep: async (ms) => void times.push(read + ms) };
    const limiter = new SharedLimiter(${JSON.stringify(dir)}, 50, clock);
    for (let turn = 0; turn < 20; turn += 1) await limiter.turn();
    console.log(JSON.stringify(times));`;
  const runs = [1, 2, 3].map(() => promisify(execFile)("node", ["--input-type=module", "-e", script]));
  const times = (await Promise.all(runs))
    .flatMap(({ stdout }) => JSON.parse(stdout) as number[])
    .sort((a, b) => a - b);
  expect(times.length).toBeGreaterThan(50);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(50);
}, 300_000);

test("an account's meeting place depends on URL and key, and shows neither", async () => {
  vi.stubEnv("TMPDIR", await folder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const place = await meetingPlace("https://a.example", "secret_key");
  expect(place).not.toMatch(/secret_key|example/);
  expect(await meetingPlace("https://a.example", "secret_key")).toBe(place);
  expect(await meetingPlace("https://b.example", "secret_key")).not.toBe(place);
  expect(await meetingPlace("https://a.example", "other")).not.toBe(place);
});

test("the journal outlives its process and forgets what is settled", async () => {
  const clock = new TestClock();
  const dir = join(await folder(), "sent");
  expect(await new FileJournal(dir, clock).unanswered("launch 1")).toBeUndefined();
  await new FileJournal(dir, clock).sent("launch 1");
  clock.time += 5000;
  expect(await new FileJournal(dir, clock).unanswered("launch 1")).toBe(5000);
  expect(await new FileJournal(dir, clock).unanswered("launch 2")).toBeUndefined();
  await new FileJournal(dir, clock).settled("launch 1");
  await new FileJournal(dir, clock).settled("launch 1");
  expect(await new FileJournal(dir, clock).unanswered("launch 1")).toBeUndefined();
});

test("L5 a journal that was killed while it wrote has sent nothing; one whose content is lost was sent just now", async () => {
  const dir = await folder();
  const clock = new TestClock();
  const journal = new FileJournal(dir, clock);
  await journal.sent("launch 1");
  const [name = ""] = await readdir(dir);
  await rename(join(dir, name), join(dir, `${name}.4711`));
  expect(await journal.unanswered("launch 1")).toBeUndefined();
  await journal.sent("launch 1");
  clock.time += 5000;
  expect(await journal.unanswered("launch 1")).toBe(5000);
  for (const lost of ["", "\0\0\0\0", "Infinity"]) {
    await writeFile(join(dir, name), lost);
    expect(await journal.unanswered("launch 1")).toBe(0);
  }
});

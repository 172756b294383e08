import fc from "fast-check";
import { expect, test } from "vitest";
import { type Clock, notYet, Unrecoverable, WaitTimeout, waitFor } from "../../../components/core/wait.ts";

/** A clock that moves only when somebody sleeps. */
function handClock(): Clock & { slept: number[] } {
  let time = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => time,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      time += ms;
    },
  };
}

test("returns what the probe found, after as many pauses as it took", async () => {
  const clock = handClock();
  let calls = 0;
  const found = await waitFor({ what: "a fish", deadline: 60, clock }, async () => {
    calls += 1;
    return calls < 4 ? notYet("none bites") : "trout";
  });
  expect(found).toBe("trout");
  expect(clock.slept).toHaveLength(3);
});

test("a timeout names what was awaited, how long, and the last reason", async () => {
  const clock = handClock();
  let calls = 0;
  const wait = waitFor({ what: "ssh ubuntu@203.0.113.7:22", deadline: 10, clock }, async () => {
    calls += 1;
    if (calls === 1) return notYet("no route");
    throw new Error("ECONNREFUSED");
  });
  await expect(wait).rejects.toThrow("waited 10 s for ssh ubuntu@203.0.113.7:22; last: ECONNREFUSED");
  await expect(wait).rejects.toBeInstanceOf(WaitTimeout);
});

test("what is hopeless ends the wait at once with its own error", async () => {
  const clock = handClock();
  const cause = new Error("401: the key is wrong");
  const wait = waitFor({ what: "the API", deadline: 60, clock }, async () => {
    throw new Unrecoverable(cause);
  });
  await expect(wait).rejects.toBe(cause);
  expect(clock.slept).toEqual([]);
});

test("an abort ends the wait with its reason", async () => {
  const abort = new AbortController();
  const wait = waitFor({ what: "godot", deadline: 3600, signal: abort.signal }, async () => {
    abort.abort(new Error("Ctrl-C"));
    return notYet("not here");
  });
  await expect(wait).rejects.toThrow("Ctrl-C");
});

test("never sleeps much past its deadline, and jitters every pause by at most a fifth", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.double({ min: 0.1, max: 30, noNaN: true }),
      fc.integer({ min: 1, max: 300 }),
      async (interval, deadline) => {
        const clock = handClock();
        await waitFor({ what: "x", deadline, interval, clock }, async () => notYet("no")).catch(
          () => undefined,
        );
        for (const pause of clock.slept) {
          expect(pause).toBeGreaterThanOrEqual(interval * 800 - 1e-6);
          expect(pause).toBeLessThanOrEqual(interval * 1200 + 1e-6);
        }
        expect(clock.now()).toBeLessThan(deadline * 1000 + interval * 1200 + 1);
      },
    ),
    { numRuns: 50 },
  );
});

import { expect } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { history, type Staging } from "./stage.ts";

/** What the tests of a file ask the database. @param staging what is open when a probe is called */
export function probesOf(staging: () => Staging) {
  const count = async (sql: string) =>
    Number((await staging().admin.query(`SELECT count(*) AS n FROM ${sql}`)).rows[0].n);
  return {
    /** @param sql a table, and a condition if any */
    count,
    /** Waits until PostgreSQL has ended the extractor's sessions, and released their locks. */
    backendsGone: () =>
      waitFor({ what: "the extractor's sessions to end", deadline: 120, interval: 0.02 }, async () => {
        const open = await count("pg_stat_activity WHERE usename = 'gong_loader'");
        return open === 0 || notYet(`${open} are open`);
      }),
    /** The last run of calls in the history. */
    callsRun: async () => (await history(staging())).filter(({ stream }) => stream === "gong_calls").at(-1),
    /** Fails unless all records of `small` are loaded. */
    async expectWhole() {
      expect(await count("gong_calls_staging WHERE _deleted_at IS NULL")).toBe(small.size);
      expect(await count("gong_users_staging")).toBe(5);
    },
  };
}

/** A workspace of three pages of calls. */
export const small = { seed: 5, size: 60, days: 3, utterances: 2, pageSize: 20 } as const;

/** Time that passes only while somebody sleeps. */
export function idleClock() {
  const slept: number[] = [];
  let ahead = 0;
  return {
    slept,
    now: () => Date.now() + ahead,
    sleep: async (ms: number) => {
      slept.push(ms);
      ahead += ms;
    },
  };
}

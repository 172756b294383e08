import { expect, test } from "vitest";
import { change, minutes, up } from "../lab.ts";

/** What is refused, and when. */
export function badInput() {
  test(
    "malformed settings are all told at once, and nothing is touched",
    async () => {
      change((config) => {
        config.redis = { memroy: "1Gi" } as never;
        config.budget = { monthlyUsd: -1 } as never;
      });
      const { code, changed, said } = await up();
      expect(code).toBe(1);
      expect(said).toContain("2 settings of stack local cannot be used (nothing was created)");
      expect(said).toContain("redis.memroy: unknown setting; did you mean memory?");
      expect(said).toContain("budget.monthlyUsd:");
      expect(changed).toEqual([]);
      // Before anything was built or started.
      expect(said).not.toContain("Toolchain and images");
    },
    10 * minutes,
  );

  test(
    "L7 a budget that is too small stops the update before anything is launched",
    async () => {
      change((config) => {
        config.budget = { monthlyUsd: 100 } as never;
      });
      const { code, changed, said } = await up();
      expect(code).toBe(1);
      expect(said).toContain("its budget is $100");
      expect(changed).toEqual([]);
    },
    10 * minutes,
  );
}

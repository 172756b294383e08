import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { accepted } from "./mutation/accepted.ts";
import type { Outcome } from "./mutation/run.ts";

// A process of its own: it loads every rule some hundred times, each time broken in another way.
test("S3 no rule can be broken without a case that notices", async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, "mutation/run.ts")],
    { maxBuffer: 2 ** 26, timeout: 540_000 },
  );
  const { tried, survived } = JSON.parse(stdout) as Outcome;
  expect(Object.values(tried).reduce((sum, each) => sum + each, 0)).toBeGreaterThan(1500);
  expect(survived.filter((each) => !accepted.has(each.replace(/:\d+:/, ":")))).toEqual([]);
  const unneeded = [...accepted].filter(
    (each) => !survived.some((other) => other.replace(/:\d+:/, ":") === each),
  );
  expect(unneeded).toEqual([]);
}, 600_000);

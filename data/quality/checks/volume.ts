import { percent, type Result } from "./judge.ts";
import type { StreamChecks } from "./streams.ts";

/** Percent of the last day's rows that must still be there. */
const least = 50;
/** So few rows fewer say nothing. */
const few = 10;

/**
 * Whether a stream has rows, and did not lose most of them within a day. Other checks are about the rows that there are:
 * all of none are well. Pure.
 *
 * @param rows those that are not marked as deleted
 * @param most the most that there were in the last day
 */
export function volumeOf(
  { stream, mayBeEmpty }: Pick<StreamChecks, "stream" | "mayBeEmpty">,
  rows: number,
  most = rows,
): Result {
  const empty = rows === 0 && !mayBeEmpty;
  const share = percent(rows, Math.max(rows, most));
  const fell = share < least && most - rows >= few;
  const message = fell ? `rows fell from ${most} to ${rows} within a day` : "no rows";
  const passed = !empty && !fell;
  return {
    stream,
    check: volume,
    score: passed ? 100 : rows === 0 ? 0 : share,
    threshold: 100,
    passed,
    observed: rows,
    ...(!passed && { message }),
  };
}

/** Its name among the results, whose history says how many rows there were. */
export const volume = "volume";

/**
 * Exceptions from the policies that end soon. Once one has ended, previews, updates and the scan for keys fail.
 *
 *   node policies/ending.ts
 *
 * Ends with 0 when every exception holds for longer, and with 1 when one does not.
 */
import { pathToFileURL } from "node:url";
import { daysAfter, type Exception } from "./engine/exceptions.ts";
import { readExceptions, readScanExceptions } from "./engine/files.ts";
import { rules } from "./rules/index.ts";
import { stackRules } from "./rules/stack/index.ts";

/** Days before its last one on which the reminder of an exception begins. */
const notice = 30;

/** A line for each exception whose last day is at most 30 days away or has passed, the earliest first. Pure. */
export function endingLines(file: string, all: readonly Exception[], today: string): string[] {
  const until = daysAfter(today, notice);
  return all
    .filter(({ expires }) => expires <= until)
    .sort((a, b) => a.expires.localeCompare(b.expires))
    .map(({ rule, resource, stacks, reason, expires }) => {
      const where = stacks ? ` in ${stacks.join(", ")}` : "";
      const what = `${file}: the exception from ${rule} for ${resource}${where}`;
      return `${what} ${expires < today ? "ended" : "ends"} on ${expires} (${reason})`;
    });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const today = new Date().toISOString().slice(0, 10);
  const names = [...rules, ...stackRules].map(({ name }) => name);
  const lines = [
    ...endingLines("policies/exceptions.yaml", readExceptions(names, today), today),
    ...endingLines("policies/scan.yaml", readScanExceptions(names, today), today),
  ];
  const advice = "Fix what it covers and remove it, or renew it with a reason.";
  console.log(lines.length > 0 ? [...lines, advice].join("\n") : `no exception ends within ${notice} days`);
  process.exitCode = lines.length > 0 ? 1 : 0;
}

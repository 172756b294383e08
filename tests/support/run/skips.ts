import { relative } from "node:path";
import { repository } from "../../../tools/repository.ts";
import type { Report } from "./report.ts";

/** A test that may be left out, and why. */
interface Allowed {
  /** Matches its full name, and a title as it is written in its file. */
  test: RegExp;
  why: string;
}

/** Every test that may be left out, with what it would take. All others have to run wherever `make test` does. */
export const allowed: readonly Allowed[] = [
  { test: /^Lambda Cloud \[skipped: no LAMBDA_API_KEY\]/, why: "LAMBDA_API_KEY is not set" },
  { test: /\[skipped: LAMBDA_CONFORMANCE_SPEND is not 1\]/, why: "LAMBDA_CONFORMANCE_SPEND is not 1" },
  { test: /\[skipped: would touch the whole account\]/, why: "would change the whole account at Lambda" },
  { test: /\[needs LAMBDA_OPENAPI\]/, why: "LAMBDA_OPENAPI names no document" },
  {
    test: /\[needs osv-scanner\]/,
    why: "osv-scanner is not built yet, which takes minutes: delivery/scan-images.sh does it",
  },
  { test: /hadolint finds/, why: "hadolint cannot be installed here" },
  { test: /^C1 the workflows, checked by/, why: "actionlint or zizmor cannot be installed here" },
  { test: /^W4 BuildKit builds/, why: "no docker command with BuildKit is installed" },
  { test: /S1 a secret that nobody reads yet/, why: "every secret that is listed is read" },
  { test: /\(skipped where it is not installed\)/, why: "shellcheck is not installed" },
  { test: /\(Linux and root only\)/, why: "not root, or not Linux" },
  { test: /\(network namespaces only\)/, why: "this user may make no network namespace" },
  { test: /\(Linux only\)/, why: "not Linux" },
];

export interface Skips {
  /** Reasons, with how many tests each. */
  known: Record<string, number>;
  /** Tests that were left out for no reason that is known, by file. */
  unknown: string[];
}

const leftOut = new Set(["skipped", "pending", "todo"]);

/** What was not run, and why. In a file that failed, what did not run tells nothing more. Pure. */
export function skipsOf({ testResults }: Report): Skips {
  const known: Record<string, number> = {};
  const unknown: string[] = [];
  for (const { name, status: whole, assertionResults } of testResults) {
    const strange: string[] = [];
    for (const { fullName } of assertionResults.filter(({ status }) => leftOut.has(status))) {
      const why = allowed.find(({ test }) => test.test(fullName))?.why;
      if (why === undefined) strange.push(fullName);
      else known[why] = (known[why] ?? 0) + 1;
    }
    if (strange.length > 0 && whole !== "failed")
      unknown.push(`${relative(repository, name)}: ${strange.length} not run, the first: ${strange[0]}`);
  }
  return { known, unknown };
}

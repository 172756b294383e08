import { join } from "node:path";
import { z } from "zod";
import { messageOf } from "../components/core/errors.ts";
import { CommandFailed, run } from "../tools/exec.ts";
import { repository } from "../tools/repository.ts";
import { code, table } from "./comment/markdown.ts";
import { render } from "./comment/render.ts";
import { inCheckout, type Prepare, refuseUnreviewed } from "./stack/checkout.ts";
import { changeIn, deployedIn, historyOf, stoppedIn, wholeIn } from "./stack/history.ts";
import { stoppable } from "./stack/operations.ts";
import { commitOf, type Program, preview } from "./stack/program.ts";
import { checks, faultsIn, reachIn } from "./stack/verify.ts";

// Scheduled checks. Each returns Markdown for an issue, or an empty text when there is no finding.

/** Whether a stack was stopped to save money: it has no endpoint that could answer, and nothing that could differ. */
export const isStopped = async (program: Program): Promise<boolean> =>
  stoppable.includes(program.stack) &&
  stoppedIn(await historyOf(program, (known) => changeIn(known) !== undefined));

/**
 * Differences between the program of the deployed commit and the actual resources: a later commit that waits for its
 * approval is no drift. Without one deployed commit it is the checked-out one, and the finding says so.
 */
export async function drift(program: Program, prepare?: Prepare): Promise<string> {
  const { stack } = program;
  const compare = (there: Program) => preview(there, { refresh: true });
  const { commit, reason } = await deployed(program);
  const plan = reason ? await compare(program) : await inCheckout(program, commit, compare, prepare);
  if (plan.changes.length === 0 && plan.succeeded) return "";
  const than = reason
    ? `from commit ${code(commit)}, which may not be deployed (${code(reason, 500)})`
    : `from what was deployed, commit ${code(commit)}`;
  return `The resources of stack ${stack} differ ${than}. An update to it would make these changes:\n\n${render(plan)}`;
}

/** The deployed commit; else the checked-out one, with the reason. */
async function deployed(program: Program): Promise<{ commit: string; reason?: string }> {
  const history = await historyOf(program, (known) => wholeIn(known) !== undefined);
  try {
    const commit = deployedIn(history);
    await refuseUnreviewed(program, commit);
    return { commit };
  } catch (error) {
    return { commit: await commitOf(program.folder), reason: messageOf(error) };
  }
}

/** Public endpoints that do not answer, by address and by name. */
export async function health(program: Program): Promise<string> {
  const faults = faultsIn(await checks(await reachIn(program), true));
  return faults.map((fault) => `- ${code(fault, 500)}`).join("\n");
}

/** What a command prints that ends with another code than 0 when it has found something. */
async function findingOf(command: string, args: string[], folder: string): Promise<string> {
  const result = await run(command, args, { cwd: folder, allowFailure: true });
  if (result.code === 0) return "";
  // Without standard output the command failed; it did not find anything.
  if (result.stdout.trim() === "") throw new CommandFailed(command, args, result);
  return `\`\`\`text\n${result.stdout.trim()}\n\`\`\``;
}

/** Secrets that are due: the output of `make rotation`. */
export const rotation = (folder = repository): Promise<string> =>
  findingOf("make", ["-s", "rotation"], folder);

/** Exceptions from the policies that end soon. */
export const exceptions = (folder = repository): Promise<string> =>
  findingOf(process.execPath, ["policies/ending.ts"], folder);

const auditSchema = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({
      severity: z.string(),
      range: z.string(),
      via: z.array(z.union([z.string(), z.object({ title: z.string(), url: z.string() })])),
      fixAvailable: z.union([z.boolean(), z.object({ name: z.string(), version: z.string() })]),
    }),
  ),
});

/** Rows of `npm audit --json` for packages with a vulnerability of their own, not of a dependency. Pure. */
export function auditRows(where: string, json: string): string[][] {
  const { vulnerabilities } = auditSchema.parse(JSON.parse(json));
  return Object.entries(vulnerabilities).flatMap(([name, { severity, range, via, fixAvailable }]) =>
    via.flatMap((advisory) => {
      if (typeof advisory === "string") return [];
      const fix = typeof fixAvailable === "object" ? `${fixAvailable.name} ${fixAvailable.version}` : "";
      return [[code(where), code(`${name} ${range}`), severity, code(advisory.title, 200), code(fix)]];
    }),
  );
}

/** Folders with a lock file whose packages are deployed. */
export const packages: readonly string[] = [".", "mcp/servers", "mcp/vendor", "data", "images/monitoring"];

/** npm packages of the lock files with a known vulnerability. */
export async function advisories(): Promise<string> {
  const rows: string[][] = [];
  for (const where of packages) {
    const args = ["audit", "--json", "--package-lock-only"];
    const result = await run("npm", args, { cwd: join(repository, where), allowFailure: true });
    try {
      rows.push(...auditRows(where, result.stdout));
    } catch (cause) {
      throw new Error(
        `npm audit in ${where} ended with ${result.code}: ${result.stderr.trim().slice(-500)}`,
        {
          cause,
        },
      );
    }
  }
  return rows.length === 0 ? "" : table(["folder", "package", "severity", "vulnerability", "fixed by"], rows);
}

import { z } from "zod";
import { type Program, pulumi } from "./program.ts";

/** An update in `pulumi stack history --json`, which lists the newest first. */
const updateSchema = z.object({
  kind: z.string(),
  result: z.string(),
  message: z.string().default(""),
  startTime: z.string().default(""),
  environment: z.record(z.string(), z.string()).default({}),
});
export type Update = z.infer<typeof updateSchema>;

/** @throws when it is not the CLI's JSON */
export const parseHistory = (json: string): Update[] => z.array(updateSchema).parse(JSON.parse(json));

/** Entries of the history that are asked for at once, and how often. By default the CLI shows ten, less than a week's. */
export const historyPage = 100;
const mostPages = 50;

/** The stack's history, the newest first: as much of it as is `enough`, else all, up to 5,000 entries. */
export async function historyOf(program: Program, enough: (known: Update[]) => boolean): Promise<Update[]> {
  const known: Update[] = [];
  for (let page = 1; page <= mostPages; page++) {
    const which = [`--page-size=${historyPage}`, `--page=${page}`];
    const more = parseHistory((await pulumi(program, ["stack", "history", "--json", ...which])).stdout);
    known.push(...more);
    // A backend may answer with less than it was asked for: only an empty page is the end.
    if (more.length === 0 || enough(known)) break;
  }
  return known;
}

/** The newest update or destruction. Pure. */
export const changeIn = (history: Update[]): Update | undefined =>
  history.find(({ kind }) => kind === "update" || kind === "destroy");

/** Whether the newest change of a stack was its destruction, and that succeeded. Pure. */
export function stoppedIn(history: Update[]): boolean {
  const newest = changeIn(history);
  return newest?.kind === "destroy" && newest.result === "succeeded";
}

/** Stack tag with the last commit that was deployed and verified. */
export const verifiedTag = "sophia:verified";

/** A full commit id. */
const isCommit = (text: string | undefined): text is string =>
  text !== undefined && /^[0-9a-f]{40}$/.test(text);

/** @throws when a text is no full commit id */
export function requireCommit(text: string): void {
  if (!isCommit(text)) throw new Error(`"${text}" is not a full commit id of 40 hexadecimal digits`);
}

/** Set for an update of a part, `pulumi up --target`. */
const isPart = ({ environment }: Update): boolean =>
  Object.keys(environment).some((key) => key.startsWith("pulumi.flag.target"));

/** The newest update of the whole stack. Pure. */
export const wholeIn = (history: Update[]): Update | undefined =>
  history.find((update) => update.kind === "update" && !isPart(update));

/**
 * The commit that a stack was last updated to, whether or not that succeeded. Pure.
 * @throws when it is not one commit
 */
export function deployedIn(history: Update[]): string {
  const updates = history.filter(({ kind }) => kind === "update");
  const commitIn = (update: Update | undefined) => update?.environment["git.head"];
  const whole = wholeIn(updates);
  const commit = commitIn(whole);
  if (!whole || !isCommit(commit))
    throw new Error("the stack's history has no update to a commit: deploy one first");
  if (whole.environment["git.dirty"] === "true")
    throw new Error(
      `the stack was last updated from ${commit} with uncommitted changes: deploy a commit first`,
    );
  const part = updates.slice(0, updates.indexOf(whole)).find((update) => commitIn(update) !== commit);
  if (!part) return commit;
  throw new Error(
    `the stack is of two commits: of ${commit}, and in a part, deployed alone, of ${commitIn(part)}; deploy one commit first`,
  );
}

/** The newest update, of the whole stack or of a part. Pure. */
export const updateIn = (history: Update[]): Update | undefined =>
  history.find(({ kind }) => kind === "update");

/** The commit that a stack was last updated to, in whole or in a part, whether or not that succeeded. Pure. */
export function lastIn(history: Update[]): string | undefined {
  const commit = updateIn(history)?.environment["git.head"];
  return isCommit(commit) ? commit : undefined;
}

/** The faulty commit, its ancestors, and the commit that was last seen to work. */
export interface Leaving {
  leaving: string;
  earlier: ReadonlySet<string>;
  verified: string | undefined;
}

/**
 * The commit to roll back to: the last verified one, else the newest one whose update of the whole stack succeeded from a
 * clean checkout. It is earlier than the one that is left: after a roll-back, the verified commit or the newest update may
 * be that again, or the faulty one that was left before. Pure.
 */
export function commitBefore(history: Update[], { leaving, earlier, verified }: Leaving): string | undefined {
  const before = (commit: string | undefined): commit is string =>
    isCommit(commit) && commit !== leaving && earlier.has(commit);
  if (before(verified)) return verified;
  const worked = history.filter(
    (update) =>
      update.kind === "update" &&
      update.result === "succeeded" &&
      update.environment["git.dirty"] !== "true" &&
      !isPart(update),
  );
  return worked.map(({ environment }) => environment["git.head"]).find(before);
}
